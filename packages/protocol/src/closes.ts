/** Websocket close codes of `/connect/<session>` (RFC 6455 §7.4.2: 4000–4999 are private). */
export const closes = {
  /** The session has ended (closed, signed out, failed): do not connect again. */
  ended: 4000,
  /** The ticket was refused: fetch a new one and connect again. */
  ticket: 4001,
  /** The session moved to a newer epoch: reload. */
  moved: 4002,
  /** The peer broke the link protocol. */
  protocol: 4003,
  /** The link could not be resumed: the other side no longer has it. */
  forgotten: 4004,
} as const;
