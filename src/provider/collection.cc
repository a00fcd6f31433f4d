#include "provider/collection.h"

#include <algorithm>
#include <iterator>

namespace keypool::provider {

namespace {

// Path segments behind which an id stands.
constexpr std::string_view kCollections[] = {
    // OpenAI, and those who have taken its paths over
    "files", "uploads", "batches", "vector_stores", "file_batches", "jobs", "responses",
    "conversations", "assistants", "threads", "runs", "containers", "videos", "skills", "evals",
    "completions",
    // Anthropic
    "agents", "sessions", "environments", "vaults", "memory_stores", "deployments",
    // Gemini
    "cachedContents", "tunedModels", "fileSearchStores", "interactions", "operations",
    // Mistral, xAI
    "libraries", "documents", "collections", "deferred-completion",
    // Together, Cohere, Fireworks, Bedrock
    "fine-tunes", "endpoints", "evaluation", "datasets", "embed-jobs", "connectors",
    "supervisedFineTuningJobs", "model-invocation-job", "model-invocation-jobs",
    "model-customization-jobs"};

// What may stand there instead of an id.
constexpr std::string_view kVerbs[] = {"search", "input_tokens", "compact", "upload"};

// Collections that begin with a call to a model: such a call goes wherever there is room.
constexpr std::string_view kBegunByAsking[] = {
    "responses", "conversations", "threads", "interactions", "completions", "sessions", "runs"};

template <std::size_t N>
bool is_one_of(const std::string_view (&names)[N], std::string_view name) noexcept {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

bool is_collection(Dialect dialect, std::string_view segment) noexcept {
  // Azure's deployments are what others call models.
  if (dialect == Dialect::azure_openai && segment == "deployments") return false;
  return is_one_of(kCollections, segment);
}

bool is_verb_of_collection(std::string_view segment) noexcept { return is_one_of(kVerbs, segment); }

bool is_begun_by_asking(std::string_view collection) noexcept {
  return is_one_of(kBegunByAsking, collection);
}

std::string_view take_segment(std::string_view& path) noexcept {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

std::string_view last_segment(std::string_view path) noexcept {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

std::string_view without_verb(std::string_view segment) noexcept {
  return segment.starts_with("ft:") ? segment : segment.substr(0, segment.find(':'));
}

}  // namespace keypool::provider
