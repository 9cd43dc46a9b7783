export const HELP = `Aperture: many agents, one page.

Usage
  aperture [options]      start the gateway and open the page
  aperture agents         list the agents that it can start, and how to get the others
                          (--json for programs; --config as below)

Options (each also as an environment variable: --max-sessions is APERTURE_MAX_SESSIONS)
  --port N                port to listen on; 0 for any free one      (4800)
  --host H                address to listen on                       (127.0.0.1)
  --token T               the token that pages must show, at least 16 characters
                          (made at the first start and kept in the data directory)
  --data-dir D            where the gateway keeps its files
                          ($XDG_STATE_HOME/aperture or ~/.local/state/aperture)
  --config F              JSON file with agents: {"agents": {"name": {"command": "…", "args": []}}}
  --root DIR              sessions may only work inside DIR; repeatable   (anywhere)
  --max-sessions N        sessions at a time                         (50)
  --allow-origin O        admit the page from another origin, such as https://you.github.io;
                          repeatable, or several with commas
  --allow-host H          answer to another host name, such as that of a proxy; repeatable
  --default-agent A       for clients that cannot choose one         (the first that can be started)
  --query-token           take the token from the address too (?token=), for clients that know
                          nothing else; addresses end up in logs
  --no-open               do not open the browser
  --version, --help
`;
