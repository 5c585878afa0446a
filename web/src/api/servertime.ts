// The server's times are told beside the server's own present: a browser's clock may be minutes away from it, and an
// appliance's too, and then "3 min ago" would be "in 2 min", and the last hour another one.

/** The difference that may come from the way and from whole seconds is none. */
const SLACK_MS = 5_000;

let ahead = 0;

/** Notes what the server said that its time is (the header Date), for a request that was sent at this time. */
export function noteServerDate(date: string | null, sentAt: number): void {
  const at = Date.parse(date ?? "");
  const now = Date.now();
  if (Number.isNaN(at) || now - sentAt > SLACK_MS) return; // what took long says nothing exact
  const difference = at + 500 - (sentAt + now) / 2;
  ahead = Math.abs(difference) < SLACK_MS ? 0 : Math.round(difference);
}

/** How far the server's clock is ahead of this machine's, in milliseconds; 0 where they agree. */
export function serverAhead(): number {
  return ahead;
}
