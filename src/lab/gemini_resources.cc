#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "lab/multipart.h"
#include "lab/resources.h"

namespace keypool::lab {
namespace {

// Paths and shapes: Gemini API reference and SDK, read 2026-11.

constexpr std::string_view kFiles = "files";
constexpr std::string_view kCaches = "cachedContents";
constexpr std::string_view kUploads = "uploads";  // begun, not finished

std::string rfc3339(WallTime wall) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(wall));
}

std::string full_name(const ResourceCall& call, std::string_view collection) {
  return fmt::format("{}/{}", collection, call.names.front());
}

std::string base_url(const ResourceCall& call) {
  return fmt::format("http://{}", call.request.header("host").value_or(""));
}

http::Answer list_answer(const ResourceCall& call, std::string_view collection) {
  Json items = Json::array();
  for (const Thing* thing : call.shelf.list(call.owner, collection)) items.push_back(thing->about);
  return json_answer({{std::string(collection), std::move(items)}});
}

// A stranger's file is forbidden, not missing.
http::Answer no_file(const ResourceCall& call) {
  return call.wire.error(
      ErrorKind::forbidden, call.asker,
      fmt::format("You do not have permission to access the File {} or it may not exist.",
                  call.names.front()));
}

http::Answer no_cache(const ResourceCall& call) {
  return call.wire.error(ErrorKind::forbidden, call.asker,
                         "CachedContent not found (or permission denied)");
}

// Files

Json keep_file(const ResourceCall& call, std::string_view owner, const Json& told,
               std::string_view content_type, std::string_view content) {
  const std::string name = "files/" + call.asker.request_id;
  Json about{{"name", name},
             {"mimeType", content_type},
             {"sizeBytes", std::to_string(content.size())},
             {"createTime", rfc3339(call.asker.wall)},
             {"expirationTime", rfc3339(call.asker.wall + std::chrono::hours(48))},
             {"uri", fmt::format("{}/v1beta/{}", base_url(call), name)},
             {"state", "ACTIVE"},
             {"source", "UPLOADED"}};
  if (told.is_object() && told.contains("file")) about.update(told["file"]);
  return call.shelf
      .put({.id = name,
            .collection = std::string(kFiles),
            .owner = std::string(owner),
            .about = std::move(about),
            .content = std::string(content),
            .content_type = std::string(content_type)})
      .about;
}

/// The bytes come later, to the address that is told now.
http::Answer begin_resumable_upload(const ResourceCall& call) {
  const std::string id = call.asker.request_id;
  call.shelf.put(
      {.id = id,
       .collection = std::string(kUploads),
       .owner = call.owner,
       .about = call.body(),
       .content_type = std::string(call.request.header("x-goog-upload-header-content-type")
                                       .value_or("application/octet-stream"))});
  http::Answer answer;
  answer.headers.push_back(
      {"x-goog-upload-url", fmt::format("{}{}?upload_id={}&upload_protocol=resumable",
                                        base_url(call), call.request.path(), id)});
  answer.headers.push_back({"x-goog-upload-status", "active"});
  return answer;
}

/// Whoever knows the address may send to it, but for who shows another's key.
http::Answer go_on_with_upload(const ResourceCall& call, std::string_view command) {
  const std::string id{query_value(call.request.query(), "upload_id")};
  Thing* upload = call.shelf.find_of_anybody(id);
  const bool stranger = upload && !call.owner.empty() && call.owner != upload->owner;
  if (!upload || stranger || upload->collection != kUploads) {
    return call.not_found("There is no such upload.");
  }
  if (command.find("upload") != command.npos) upload->content.append(call.request.body);
  const bool final = command.find("finalize") != command.npos;
  http::Answer answer = json_answer(Json::object());
  if (final) {
    const Json file =
        keep_file(call, upload->owner, upload->about, upload->content_type, upload->content);
    call.shelf.remove(upload->owner, id);
    answer = json_answer({{"file", file}});
  } else {
    answer.headers.push_back(
        {"x-goog-upload-size-received", std::to_string(upload->content.size())});
  }
  answer.headers.push_back({"x-goog-upload-status", final ? "final" : "active"});
  return answer;
}

http::Answer upload_file(const ResourceCall& call) {
  const auto command = call.request.header("x-goog-upload-command").value_or("");
  if (command == "start") return begin_resumable_upload(call);
  if (!query_value(call.request.query(), "upload_id").empty()) {
    return go_on_with_upload(call, command);
  }
  const auto type = call.request.header("content-type").value_or("application/octet-stream");
  const auto parts = parts_of(type, call.request.body);
  if (parts.size() == 2) {
    const Json told = Json::parse(parts[0].content, nullptr, false);
    return json_answer(
        {{"file", keep_file(call, call.owner, told, parts[1].content_type, parts[1].content)}});
  }
  return json_answer({{"file", keep_file(call, call.owner, {}, type, call.request.body)}});
}

http::Answer list_files(const ResourceCall& call) { return list_answer(call, kFiles); }

http::Answer show_file(const ResourceCall& call) {
  const Thing* file = call.find(full_name(call, kFiles), kFiles);
  return file ? json_answer(file->about) : no_file(call);
}

http::Answer remove_file(const ResourceCall& call) {
  if (!call.find(full_name(call, kFiles), kFiles)) return no_file(call);
  call.shelf.remove(call.owner, full_name(call, kFiles));
  return json_answer(Json::object());
}

// Caches

http::Answer make_cache(const ResourceCall& call) {
  const Json body = call.body();
  if (!body.is_object() || !body.contains("model")) return call.mistake("model is required");
  const std::string name = "cachedContents/" + call.asker.request_id;
  Json about{{"name", name},
             {"model", body["model"]},
             {"createTime", rfc3339(call.asker.wall)},
             {"updateTime", rfc3339(call.asker.wall)},
             {"expireTime", rfc3339(call.asker.wall + std::chrono::hours(1))},
             {"displayName", body.value("displayName", "")},
             {"usageMetadata", {{"totalTokenCount", call.request.body.size() / 4}}}};
  return json_answer(call.shelf
                         .put({.id = name,
                               .collection = std::string(kCaches),
                               .owner = call.owner,
                               .about = std::move(about)})
                         .about);
}

http::Answer list_caches(const ResourceCall& call) { return list_answer(call, kCaches); }

http::Answer show_cache(const ResourceCall& call) {
  const Thing* cache = call.find(full_name(call, kCaches), kCaches);
  return cache ? json_answer(cache->about) : no_cache(call);
}

http::Answer change_cache(const ResourceCall& call) {
  Thing* cache = call.find(full_name(call, kCaches), kCaches);
  if (!cache) return no_cache(call);
  cache->about["updateTime"] = rfc3339(call.asker.wall);
  return json_answer(cache->about);
}

http::Answer remove_cache(const ResourceCall& call) {
  if (!call.find(full_name(call, kCaches), kCaches)) return no_cache(call);
  call.shelf.remove(call.owner, full_name(call, kCaches));
  return json_answer(Json::object());
}

constexpr std::array kRoutes{
    ResourceRoute{"POST", "upload/v1beta/files", upload_file},
    ResourceRoute{"PUT", "upload/v1beta/files", upload_file},
    ResourceRoute{"GET", "v1beta/files", list_files},
    ResourceRoute{"GET", "v1beta/files/{}", show_file},
    ResourceRoute{"DELETE", "v1beta/files/{}", remove_file},
    ResourceRoute{"POST", "v1beta/cachedContents", make_cache},
    ResourceRoute{"GET", "v1beta/cachedContents", list_caches},
    ResourceRoute{"GET", "v1beta/cachedContents/{}", show_cache},
    ResourceRoute{"PATCH", "v1beta/cachedContents/{}", change_cache},
    ResourceRoute{"DELETE", "v1beta/cachedContents/{}", remove_cache},
};

}  // namespace

std::span<const ResourceRoute> gemini_resources() noexcept { return kRoutes; }

}  // namespace keypool::lab
