#include "provider/sticky.h"

#include <algorithm>

#include "provider/collection.h"
#include "provider/target.h"

namespace keypool::provider {

namespace {

// How the ids begin that say themselves what they are.
constexpr std::string_view kMarks[] = {"resp_",   "rs_",   "conv_",     "cntr_",  "container_",
                                       "file-",   "file_", "vs_",       "batch_", "asst_",
                                       "thread_", "run_",  "video_",    "skill_", "upload_",
                                       "eval_",   "gen-",  "msgbatch_", "ftjob-", "ft:"};

constexpr WordSet kNamingMembers{"file_id",
                                 "input_file_id",
                                 "training_file",
                                 "validation_file",
                                 "conversation",
                                 "previous_response_id",
                                 "previous_interaction_id",
                                 "conversation_id",
                                 "container",
                                 "container_id",
                                 "vector_store_id",
                                 "cachedContent",
                                 "cached_content",
                                 "batch_id",
                                 "assistant_id",
                                 "thread_id",
                                 "agent_id",
                                 "skill_id",
                                 "dataset_id"};

constexpr WordSet kNamingLists{"file_ids", "vector_store_ids", "input_files", "library_ids"};

constexpr WordSet kMadeMembers{"file_id",          "output_file_id",  "error_file_id",
                               "output_file",      "error_file",      "container_id",
                               "fine_tuned_model", "vector_store_id", "conversation_id"};

bool is_marked(std::string_view id) noexcept {
  return std::any_of(std::begin(kMarks), std::end(kMarks),
                     [&](std::string_view mark) { return id.starts_with(mark); });
}

void add_text(const JsonText& text, ResourceIds& ids) {
  if (!text.whole() || text.bytes > ResourceIds::kBytes) return;
  if (text.escaped) {
    ids.add(text.unescaped());
  } else {
    ids.add(text.head);
  }
}

bool passes_through(Path path, Word one) noexcept {
  for (; path != 0; path >>= 8) {
    if (last_word(path) == one) return true;
  }
  return false;
}

// `files/abc`, or a URL that ends so.
bool is_file_of_gemini(std::string_view uri) noexcept {
  return uri.starts_with("files/") || uri.find("/files/") != std::string_view::npos;
}

// `cachedContents/abc`
bool is_name_of_gemini(std::string_view name) noexcept {
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) return false;
  return is_collection(Dialect::gemini, last_segment(name.substr(0, slash)));
}

// Where an answer has the id of what it is.
bool is_own_id(Path path) noexcept {
  switch (path) {
    case at("id"):
    case at("data", "[]", "id"):
    case at("response", "id"):
    case at("interaction", "id"):
    case at("conversation", "id"):
    case at("container", "id"):
    case at("message", "container", "id"):
    case at("delta", "container", "id"):
    case at("response", "conversation", "id"):
    case at("output", "[]", "id"):
    case at("response", "output", "[]", "id"):
      return true;
    default:
      return false;
  }
}

bool is_own_name(Path path) noexcept {
  switch (path) {
    case at("name"):
    case at("file", "name"):
    case at("files", "[]", "name"):
    case at("cachedContents", "[]", "name"):
    case at("batches", "[]", "name"):
      return true;
    default:
      return false;
  }
}

}  // namespace

void ResourceIds::add(std::string_view id) {
  id = id.substr(id.rfind('/') + 1);
  if (id.empty() || id.size() > kBytes || ids_.size() == kMost) return;
  if (std::find(ids_.begin(), ids_.end(), id) == ids_.end()) ids_.emplace_back(id);
}

void add_named_in_target(Dialect dialect, std::string_view target, ResourceIds& ids) {
  std::string_view path = path_of(target);
  bool behind_collection = false;
  while (!path.empty()) {
    const std::string_view segment = take_segment(path);
    const bool collection = is_collection(dialect, segment);
    if (behind_collection && !collection && !is_verb_of_collection(segment)) {
      ids.add(percent_decoded(without_verb(segment)));
    }
    behind_collection = collection;
  }
  if (const auto upload = query_value(target, "upload_id")) ids.add(percent_decoded(*upload));
  if (last_segment(path_of(target)) == "generation") {  // OpenRouter
    if (const auto id = query_value(target, "id")) ids.add(percent_decoded(*id));
  }
}

void add_named_in_body(Path path, const JsonText& text, ResourceIds& ids) {
  const Word name = last_word(path);
  const Word around = last_word(path >> 8);
  if (kNamingMembers.has(name) || (name == kElement && kNamingLists.has(around))) {
    add_text(text, ids);
  } else if (name == word("id")) {
    const bool names_it = around == word("conversation") || around == word("container");
    // Reasoning that only its own organization can decrypt.
    if (names_it || text.head.starts_with("rs_")) add_text(text, ids);
  } else if (name == word("fileUri") || name == word("file_uri")) {
    if (is_file_of_gemini(text.head)) add_text(text, ids);
  } else if (path == at("model") && text.head.starts_with("ft:")) {
    add_text(text, ids);
  }
}

bool is_collection_call(Dialect dialect, std::string_view method,
                        std::string_view target) noexcept {
  const std::string_view path = path_of(target);
  const std::string_view last = without_verb(last_segment(path));
  if (!is_collection(dialect, last)) return false;
  if (method == "GET") return true;
  return method == "POST" && !is_begun_by_asking(last);
}

Kept kept_by(Dialect dialect, std::string_view method, std::string_view target,
             bool stored) noexcept {
  std::string_view path = path_of(target);
  const std::string_view last = last_segment(path);
  // A file's content is its owner's text, and says nothing of where it is kept.
  if (method == "DELETE" || last == "content" || last == "results") return Kept::nothing;
  if (last == "completions") return stored ? Kept::any : Kept::nothing;
  if (last == "responses" || last == "messages") return Kept::marked;
  while (!path.empty()) {
    if (is_collection(dialect, without_verb(take_segment(path)))) return Kept::any;
  }
  return Kept::nothing;
}

void add_made_in_body(Kept kept, Path path, const JsonText& text, ResourceIds& ids) {
  if (kept == Kept::nothing) return;
  const Word name = last_word(path);
  if (name == word("name")) {
    if (kept == Kept::any && is_own_name(path) && is_name_of_gemini(text.head)) {
      add_text(text, ids);
    }
  } else if (name == word("id")) {
    if (is_own_id(path) && (kept == Kept::any || is_marked(text.head))) add_text(text, ids);
  } else if (kMadeMembers.has(name) ||
             (name == kElement && last_word(path >> 8) == word("result_files"))) {
    // What a model gives its tools, or a client notes down, is no news of the provider's.
    for (const Word free : {word("input"), word("arguments"), word("metadata")}) {
      if (passes_through(path, free)) return;
    }
    if (kept == Kept::any || is_marked(text.head)) add_text(text, ids);
  }
}

std::optional<std::string> made_in_header(const http::Header& header) {
  if (http::same_name(header.name, "x-generation-id")) return std::string(header.value);
  if (http::same_name(header.name, "x-goog-upload-url")) {
    if (const auto upload = query_value(header.value, "upload_id")) return percent_decoded(*upload);
  }
  return std::nullopt;
}

}  // namespace keypool::provider
