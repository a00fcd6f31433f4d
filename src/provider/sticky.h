#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/header.h"
#include "provider/dialect.h"
#include "provider/json_scan.h"

namespace keypool::provider {

/// Files, batches, stored responses, conversations, caches, vector stores and the like belong to
/// the account that made them: another account's key gets a 404 for them. So ids seen in answers
/// lead later calls back to the quota group that gave them:
///
/// - what a request names stands in `Call::resources`;
/// - what an answer made stands in `UsageTap::resources()`, for taps made with `kept_by(…)`, and in
///   some headers;
/// - calls on a collection (list, upload, create) name nothing. They go to one group by rule, so
///   that a list shows what was made: see `is_collection_call`.
///
/// Sources: the path and body members of the providers' own SDKs, read 2026-11.

/// Ids of such things, each once. An id stands as in its path, without the collection: `abc` of
/// Gemini's `files/abc`.
class ResourceIds {
 public:
  /// One answer names no more of them than this, and none is longer: what is beyond is dropped.
  static constexpr std::size_t kMost = 64;
  static constexpr std::size_t kBytes = 128;

  void add(std::string_view id);

  [[nodiscard]] std::span<const std::string> all() const noexcept { return ids_; }
  [[nodiscard]] bool empty() const noexcept { return ids_.empty(); }

 private:
  std::vector<std::string> ids_;
};

/// Adds what a target names: in its path, behind a collection (`/batches/{id}/cancel`), and in its
/// query (`/generation?id=`, a resumable upload's `upload_id`).
void add_named_in_target(Dialect dialect, std::string_view target, ResourceIds& ids);

/// Adds what a member of a request's body names (`previous_response_id`, `file_id`,
/// `cachedContent`, …). An id that nobody made through here is one that nobody will find: harmless.
void add_named_in_body(Path path, const JsonText& text, ResourceIds& ids);

/// Whether a call is about a collection as a whole: a list, an upload, a create. It goes to the
/// first key of the endpoint's lowest tier that may be used. Calls that begin something by asking a
/// model (responses, conversations, threads) are not among them, nor is the list of models.
[[nodiscard]] bool is_collection_call(Dialect dialect, std::string_view method,
                                      std::string_view target) noexcept;

/// What an answer may name that belongs to the account that gave it.
enum class Kept : std::uint8_t {
  nothing,  ///< plain inference: not looked at
  marked,  ///< ids whose prefix tells what they are: `resp_…`, `cntr_…`, files that a tool wrote
  any,     ///< the call is about such things: its id, whatever it looks like
};

/// `stored`: the request asks for its answer to be kept (`"store": true`).
[[nodiscard]] Kept kept_by(Dialect dialect, std::string_view method, std::string_view target,
                           bool stored) noexcept;

/// Adds what a member of an answer's body names.
void add_made_in_body(Kept kept, Path path, const JsonText& text, ResourceIds& ids);

/// What an answer's header names: OpenRouter's generation, the upload that Gemini opened.
[[nodiscard]] std::optional<std::string> made_in_header(const http::Header& header);

}  // namespace keypool::provider
