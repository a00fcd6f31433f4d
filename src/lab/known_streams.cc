#include "lab/known_answers.h"

namespace keypool::lab {
namespace {

// Composed from the providers' references, SDKs and captured streams, read 2026-11; ids and numbers
// are invented.
// clang-format off: the bodies stand as they come
constexpr KnownAnswer kStreams[] = {
    // OpenAI's chat, and those who speak like it

    {.name = "openai.chat",
     .body = R"({"id":"chatcmpl-lab","object":"chat.completion","created":1790000000,"model":"lab-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":3}}})",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openai.chat_stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":3}}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openai.chat_stream_without_usage",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: [DONE]

)"},
    {.name = "openai.chat_stream_with_crlf",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})" "\r\n"
                        "\r\n"
                        R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]})" "\r\n"
                        "\r\n"
                        R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]})" "\r\n"
                        "\r\n"
                        R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})" "\r\n"
                        "\r\n"
                        R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":3}}})" "\r\n"
                        "\r\n"
                        R"(data: [DONE])" "\r\n"
                        "\r\n",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openai.chat_stream_without_last_blank_line",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":3}}}

data: [DONE]
)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openai.chat_stream_beyond_ascii",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Grüße, 世界 🌍"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":3}}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openai.chat_stream_of_one_long_line",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"@"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32},"completion_tokens_details":{"reasoning_tokens":3}}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7,
     .repeats = 1048576},
    {.name = "openai.chat_stream_broken_off",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

)"},
    {.name = "openai.chat_stream_preamble",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

)"},
    {.name = "openai.chat_stream_error_first",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}

)"},
    {.name = "openai.chat_stream_error_later",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}

)"},
    {.name = "groq.chat",
     .headers = "x-ratelimit-limit-requests: 1000\n"
                "x-ratelimit-remaining-requests: 999\n"
                "x-ratelimit-reset-requests: 2m52.8s\n"
                "x-ratelimit-limit-tokens: 8000\n"
                "x-ratelimit-remaining-tokens: 7951\n"
                "x-ratelimit-reset-tokens: 194ms",
     .body = R"({"id":"chatcmpl-lab","object":"chat.completion","created":1790000000,"model":"lab-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49}})",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "groq.chat_stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_lab","usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49}}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "mistral.chat_stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"total_tokens":49,"completion_tokens":7}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "cerebras.chat",
     .headers = "x-ratelimit-limit-requests-day: 14400\n"
                "x-ratelimit-remaining-requests-day: 14399\n"
                "x-ratelimit-reset-requests-day: 33011.382867\n"
                "x-ratelimit-limit-tokens-minute: 60000\n"
                "x-ratelimit-remaining-tokens-minute: 59951\n"
                "x-ratelimit-reset-tokens-minute: 26.5",
     .body = R"({"id":"chatcmpl-lab","object":"chat.completion","created":1790000000,"model":"lab-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49}})",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openrouter.chat_stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(: OPENROUTER PROCESSING

: OPENROUTER PROCESSING

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"cost":0.0001}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openrouter.stream_error_first",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"gen-lab","object":"chat.completion.chunk","model":"lab-model","error":{"code":502,"message":"Provider disconnected","metadata":{"error_type":"provider_unavailable"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}

)"},
    {.name = "openrouter.stream_error_later",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(: OPENROUTER PROCESSING

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"gen-lab","object":"chat.completion.chunk","model":"lab-model","error":{"code":502,"message":"Provider disconnected","metadata":{"error_type":"provider_unavailable"}},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}

)"},
    {.name = "openrouter.error_under_200",
     .body = R"({"error":{"code":502,"message":"Provider returned error","metadata":{"error_type":"provider_unavailable"}},"user_id":"user_lab"})"},
    {.name = "deepseek.chat_stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(: keep-alive

: keep-alive

: keep-alive

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_cache_hit_tokens":32,"prompt_cache_miss_tokens":10}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "deepseek.chat_after_blank_lines",
     .body = "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                        R"({"id":"lab","object":"chat.completion","created":1790000000,"model":"lab-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49}})" "",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "perplexity.chat_stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})" "\r\n"
                        "\r\n"
                        R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]})" "\r\n"
                        "\r\n"
                        R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]})" "\r\n"
                        "\r\n"
                        R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49}})" "\r\n"
                        "\r\n",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "cohere.chat",
     .body = R"({"id":"lab","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"Hello there"}]},"usage":{"billed_units":{"input_tokens":42,"output_tokens":7},"tokens":{"input_tokens":42,"output_tokens":7}}})",
     .input_tokens = 42, .output_tokens = 7},

    // OpenAI's responses

    {.name = "openai.response_stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_lab","type":"message","status":"in_progress","role":"assistant","content":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_lab","output_index":0,"content_index":0,"delta":"Hello there"}

event: response.completed
data: {"type":"response.completed","sequence_number":4,"response":{"id":"resp_lab","object":"response","status":"completed","model":"lab-model","output":[{"id":"msg_lab","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello there","annotations":[]}]}],"usage":{"input_tokens":42,"input_tokens_details":{"cached_tokens":32},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":3},"total_tokens":49}}}

)",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "openai.response_stream_refused_first",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: error
data: {"type":"error","sequence_number":2,"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 4s.","param":null}

event: response.failed
data: {"type":"response.failed","sequence_number":3,"response":{"id":"resp_lab","object":"response","status":"failed","error":{"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 4s."},"output":[]}}

)"},
    {.name = "openai.response_stream_refused_later",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: response.output_item.added
data: {"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":{"id":"msg_lab","type":"message","status":"in_progress","role":"assistant","content":[]}}

event: response.output_text.delta
data: {"type":"response.output_text.delta","sequence_number":3,"item_id":"msg_lab","output_index":0,"content_index":0,"delta":"Hello there"}

event: error
data: {"type":"error","sequence_number":2,"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 4s.","param":null}

event: response.failed
data: {"type":"response.failed","sequence_number":3,"response":{"id":"resp_lab","object":"response","status":"failed","error":{"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 4s."},"output":[]}}

)"},
    {.name = "openai.response_stream_preamble",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: response.in_progress
data: {"type":"response.in_progress","sequence_number":1,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

)"},

    // Azure: limits told strangely, and a refusal under 200

    {.name = "azure.refused_response_stream",
     .headers = "content-type: text/event-stream; charset=utf-8\n"
                "retry-after: 4\n"
                "x-ratelimit-remaining-tokens: -27689",
     .body = R"(event: response.created
data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_lab","object":"response","status":"in_progress","model":"lab-model","output":[]}}

event: error
data: {"type":"error","sequence_number":2,"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 4s.","param":null}

event: response.failed
data: {"type":"response.failed","sequence_number":3,"response":{"id":"resp_lab","object":"response","status":"failed","error":{"code":"rate_limit_exceeded","message":"Rate limit reached. Please try again in 4s."},"output":[]}}

)"},
    {.name = "azure.chat_below_zero",
     .headers = "x-ratelimit-limit-tokens: 10000\n"
                "x-ratelimit-remaining-tokens: -27689\n"
                "x-ratelimit-reset-tokens: 64",
     .body = R"({"id":"chatcmpl-lab","object":"chat.completion","created":1790000000,"model":"lab-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49}})",
     .input_tokens = 42, .output_tokens = 7},
    {.name = "azure.chat_of_unknown_limits",
     .headers = "x-ratelimit-limit-tokens: -1\n"
                "x-ratelimit-remaining-tokens: -1\n"
                "x-ratelimit-reset-tokens: 0",
     .body = R"({"id":"chatcmpl-lab","object":"chat.completion","created":1790000000,"model":"lab-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49}})",
     .input_tokens = 42, .output_tokens = 7},

    // Anthropic

    {.name = "anthropic.message",
     .body = R"({"id":"msg_lab","type":"message","role":"assistant","model":"lab-model","content":[{"type":"text","text":"Hello there"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":100,"cache_read_input_tokens":2000,"cache_creation":{"ephemeral_5m_input_tokens":60,"ephemeral_1h_input_tokens":40},"output_tokens":15,"service_tier":"standard"}})",
     .input_tokens = 2112, .output_tokens = 15},
    {.name = "anthropic.stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_lab","type":"message","role":"assistant","model":"lab-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":2000,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

event: ping
data: {"type":"ping"}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" there"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

)",
     .input_tokens = 2012, .output_tokens = 15},
    {.name = "anthropic.stream_with_growing_usage",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_lab","type":"message","role":"assistant","model":"lab-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":2000,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":null,"stop_sequence":null},"usage":{"output_tokens":5}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" there"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":12,"cache_read_input_tokens":2000,"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

)",
     .input_tokens = 2012, .output_tokens = 15},
    {.name = "anthropic.stream_preamble",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_lab","type":"message","role":"assistant","model":"lab-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":2000,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

)"},
    {.name = "anthropic.stream_overloaded_first",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_lab","type":"message","role":"assistant","model":"lab-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":2000,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_lab"}

)"},
    {.name = "anthropic.stream_overloaded_later",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_lab","type":"message","role":"assistant","model":"lab-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":2000,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

event: error
data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_lab"}

)"},
    {.name = "anthropic.stream_broken_off",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(event: message_start
data: {"type":"message_start","message":{"id":"msg_lab","type":"message","role":"assistant","model":"lab-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":2000,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" there"}}

)"},

    // Gemini

    {.name = "gemini.answer",
     .headers = "content-type: application/json; charset=UTF-8",
     .body = R"({"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":20,"cachedContentTokenCount":4,"totalTokenCount":32},"modelVersion":"lab-model"})",
     .input_tokens = 9, .output_tokens = 23},
    {.name = "gemini.stream",
     .headers = "content-type: text/event-stream",
     .body = R"(data: {"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"lab-model"})" "\r\n"
                        "\r\n"
                        R"(data: {"candidates":[{"content":{"parts":[{"text":"lo"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":20,"totalTokenCount":32},"modelVersion":"lab-model"})" "\r\n"
                        "\r\n",
     .input_tokens = 9, .output_tokens = 23},
    {.name = "gemini.array_stream",
     .headers = "content-type: application/json; charset=UTF-8",
     .body = R"([{"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"lab-model"})" "\n"
                        R"(,)" "\r\n"
                        R"({"candidates":[{"content":{"parts":[{"text":"lo"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":20,"totalTokenCount":32},"modelVersion":"lab-model"})" "\n"
                        R"(])" "\n",
     .input_tokens = 9, .output_tokens = 23},
    {.name = "gemini.stream_refused_first",
     .headers = "content-type: text/event-stream",
     .body = R"(data: {"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}})" "\r\n"
                        "\r\n"},
    {.name = "gemini.stream_refused_later",
     .headers = "content-type: text/event-stream",
     .body = R"(data: {"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"lab-model"})" "\r\n"
                        "\r\n"
                        R"(data: {"error":{"code":429,"message":"Resource exhausted. Please try again later.","status":"RESOURCE_EXHAUSTED"}})" "\r\n"
                        "\r\n"},
    {.name = "gemini.stream_broken_off",
     .headers = "content-type: text/event-stream",
     .body = R"(data: {"candidates":[{"content":{"parts":[{"text":"Hel"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9},"modelVersion":"lab-model"})" "\r\n"
                        "\r\n"},

    // Servers on one's own machine

    {.name = "ollama.stream",
     .headers = "content-type: application/x-ndjson",
     .body = R"({"model":"lab-model","created_at":"2026-11-23T12:00:00Z","message":{"role":"assistant","content":"Hello"},"done":false}
{"model":"lab-model","created_at":"2026-11-23T12:00:01Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":180000000,"prompt_eval_count":26,"eval_count":9,"eval_duration":180000000}
)",
     .input_tokens = 26, .output_tokens = 9},
    {.name = "ollama.stream_error",
     .headers = "content-type: application/x-ndjson",
     .body = R"({"model":"lab-model","created_at":"2026-11-23T12:00:00Z","message":{"role":"assistant","content":"Hello"},"done":false}
{"error":"model runner has unexpectedly stopped"}
)"},
    {.name = "llamacpp.stream",
     .headers = "content-type: text/event-stream; charset=utf-8",
     .body = R"(data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{"content":" there"},"finish_reason":null}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","created":1790000000,"model":"lab-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"chatcmpl-lab","object":"chat.completion.chunk","model":"lab-model","choices":[],"usage":{"prompt_tokens":42,"completion_tokens":7,"total_tokens":49,"prompt_tokens_details":{"cached_tokens":32}},"timings":{"cache_n":32,"prompt_n":10,"predicted_n":7}}

data: [DONE]

)",
     .input_tokens = 42, .output_tokens = 7},
};
// clang-format on

}  // namespace

std::span<const KnownAnswer> known_streams() noexcept { return kStreams; }

}  // namespace keypool::lab
