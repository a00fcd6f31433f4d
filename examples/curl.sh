#!/usr/bin/env bash
# Three calls through the gateway: an answer whole, the same streamed, and who served it.
#
#   keypool serve
#   examples/curl.sh http://127.0.0.1:8080/openai/v1
#
# Without a key of yours the endpoint is `demo`: examples/curl.sh http://127.0.0.1:8080/demo/v1
set -euo pipefail

base=${1:-http://127.0.0.1:8080/openai/v1}
model=${2:-gpt-4.1-mini}
call=(curl -sS --fail-with-body "$base/chat/completions" -H 'content-type: application/json')
question='"messages": [{"role": "user", "content": "Say hello."}]'

echo "# whole"
"${call[@]}" -d "{\"model\": \"$model\", $question}"
echo

echo "# streamed"
"${call[@]}" -N -d "{\"model\": \"$model\", \"stream\": true, $question}"

echo "# which key served it"
"${call[@]}" -o /dev/null -D - -d "{\"model\": \"$model\", $question}" | grep -i '^x-keypool-'
