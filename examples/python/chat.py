#!/usr/bin/env python3
"""A chat through the gateway with nothing but the standard library.

    keypool serve
    python3 chat.py http://127.0.0.1:8080/openai/v1

Without a key of yours the endpoint is `demo`: http://127.0.0.1:8080/demo/v1
"""
import json
import sys
import urllib.request


def ask(base_url: str, model: str, question: str) -> tuple[str, str]:
    """The answer's text, and the name of the key that served it."""
    request = urllib.request.Request(
        f"{base_url}/chat/completions",
        data=json.dumps(
            {"model": model, "messages": [{"role": "user", "content": question}]}
        ).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = json.load(answer)
        return body["choices"][0]["message"]["content"], answer.headers["x-keypool-key"]


if __name__ == "__main__":
    base_url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080/openai/v1"
    model = sys.argv[2] if len(sys.argv) > 2 else "gpt-4.1-mini"
    text, key = ask(base_url, model, "Say hello.")
    print(text)
    print(f"served by {key}")
