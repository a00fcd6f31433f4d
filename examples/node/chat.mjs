// The unmodified `openai` package (npm install openai) through the gateway.
//
//   keypool serve
//   OPENAI_BASE_URL=http://127.0.0.1:8080/openai/v1 node chat.mjs
//
// Without a key of yours the endpoint is `demo`: OPENAI_BASE_URL=http://127.0.0.1:8080/demo/v1
import OpenAI from "openai";

// The gateway puts one of its own keys in place of this one, and never forwards it.
const client = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? "http://127.0.0.1:8080/openai/v1",
  apiKey: "unused",
});
const question = {
  model: process.env.MODEL ?? "gpt-4.1-mini",
  messages: [{ role: "user", content: "Say hello." }],
};

const { data, response } = await client.chat.completions.create(question).withResponse();
console.log(`plain: ${data.choices[0].message.content}`);

let text = "";
for await (const chunk of await client.chat.completions.create({ ...question, stream: true })) {
  text += chunk.choices[0]?.delta?.content ?? "";
}
console.log(`streamed: ${text}`);

const attempts = Number(response.headers.get("x-keypool-attempts"));
console.log(
  `served by ${response.headers.get("x-keypool-key")} in ${attempts} attempt${attempts === 1 ? "" : "s"}`,
);
