import 'deep-chat';

const chat = document.createElement('deep-chat');
chat.connect = { handler: (body, signals) => signals.onResponse({ text: 'ok' }) };
chat.style.cssText = 'width: 720px; height: 90vh';
document.body.append(chat);
