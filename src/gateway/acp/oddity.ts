/** Things an agent does that are not in order; dropped and counted (R51). */
export type Oddity =
  | 'bad_line'
  | 'foreign_session'
  | 'unknown_request'
  | 'unknown_notification'
  | 'early_update'
  | 'late_update'
  | 'turn_state'
  | 'too_many_requests'
  | 'repeated_request'
  | 'note_dropped';
