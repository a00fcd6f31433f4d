// Server-sent events by fetch: an EventSource cannot send the operator's token.
import { ask } from "./session";

/** Takes a stream apart as it comes, in pieces of any size. */
export class EventParser {
  private rest = "";

  constructor(private readonly take: (event: string, data: string) => void) {}

  push(text: string) {
    const blocks = (this.rest + text).split("\n\n");
    this.rest = blocks.pop()!;
    for (const block of blocks) this.read(block);
  }

  private read(block: string) {
    let event = "message";
    const data = [];
    for (const line of block.split("\n")) {
      const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
      if (field === "event") event = value!;
      if (field === "data") data.push(value!);
    }
    if (data.length > 0) this.take(event, data.join("\n"));
  }
}

/** Hands over each event until the stream ends, which is no success. */
export async function listen(
  path: string,
  signal: AbortSignal,
  take: (event: string, data: string) => void,
): Promise<void> {
  const answer = await ask(path, { signal, headers: { accept: "text/event-stream" } });
  if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
  const parser = new EventParser(take);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("the stream ended");
    parser.push(value);
  }
}
