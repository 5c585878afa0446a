/** One message of a stream of server-sent events (HTML standard, section 9.2). */
export interface Message {
  id: string;
  event: string;
  data: string;
}

/**
 * Cuts text into messages, however it arrives. `id` is the last that was sent, and stays.
 * Comments are no messages, but whoever feeds this sees that they came.
 */
export class MessageParser {
  private rest = "";
  /** The last id that was sent: the stream begins with one, before there is any message. */
  lastId = "";
  private event = "";
  private data: string[] = [];

  /** Takes the next piece of the stream and gives the messages that it completes. */
  push(piece: string): Message[] {
    const messages: Message[] = [];
    // A line ends in \n, \r\n or \r; a \r at the end waits for what follows it.
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.data.length > 0) messages.push({ id: this.lastId, event: this.event || "message", data: this.data.join("\n") });
        this.event = "";
        this.data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.data.push(value);
      else if (field === "event") this.event = value;
      else if (field === "id" && !value.includes("\0")) this.lastId = value;
    }
    return messages;
  }
}
