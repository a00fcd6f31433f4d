#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "lab/multipart.h"
#include "lab/resources.h"

namespace keypool::lab {
namespace {

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::int64_t now(const ResourceCall& call) { return seconds_of(call.asker.wall); }

std::string content_type(const ResourceCall& call) {
  return std::string(call.request.header("content-type").value_or(""));
}

http::Answer list_answer(const ResourceCall& call, std::string_view collection) {
  Json data = Json::array();
  for (const Thing* thing : call.shelf.list(call.owner, collection)) data.push_back(thing->about);
  const Json first = data.empty() ? Json() : data.front()["id"];
  const Json last = data.empty() ? Json() : data.back()["id"];
  return json_answer({{"object", "list"},
                      {"data", std::move(data)},
                      {"first_id", first},
                      {"last_id", last},
                      {"has_more", false}});
}

// Things of the same kind differ in how they are called (OpenAI's SDK, read 2026-11).

struct Kind {
  std::string_view collection;
  std::string_view prefix;  ///< of ids
  std::string_view object;
};

constexpr Kind kFile{"files", "file-", "file"};
constexpr Kind kBatch{"batches", "batch_", "batch"};
constexpr Kind kResponse{"responses", "resp_", "response"};
constexpr Kind kUpload{"uploads", "upload_", "upload"};
constexpr Kind kConversation{"conversations", "conv_", "conversation"};
constexpr Kind kVectorStore{"vector_stores", "vs_", "vector_store"};

/// What a caller's own words become: every field it gave, after what the provider adds.
template <const Kind& kind>
http::Answer make(const ResourceCall& call) {
  const std::string id = std::string(kind.prefix) + call.asker.request_id;
  Json about{{"id", id}, {"object", kind.object}, {"created_at", now(call)}};
  if (const Json body = call.body(); body.is_object()) about.update(body);
  call.shelf.put(
      {.id = id, .collection = std::string(kind.collection), .owner = call.owner, .about = about});
  return json_answer(about);
}

template <const Kind& kind>
Thing* found(const ResourceCall& call) {
  return call.find(call.names.front(), kind.collection);
}

template <const Kind& kind>
http::Answer missing(const ResourceCall& call) {
  return call.not_found(fmt::format("No {} found with id '{}'.", kind.object, call.names.front()));
}

template <const Kind& kind>
http::Answer show(const ResourceCall& call) {
  const Thing* thing = found<kind>(call);
  return thing ? json_answer(thing->about) : missing<kind>(call);
}

template <const Kind& kind>
http::Answer list(const ResourceCall& call) {
  return list_answer(call, kind.collection);
}

template <const Kind& kind>
http::Answer remove(const ResourceCall& call) {
  if (!found<kind>(call)) return missing<kind>(call);
  call.shelf.remove(call.owner, call.names.front());
  return json_answer(
      {{"id", call.names.front()}, {"object", std::string(kind.object)}, {"deleted", true}});
}

// Files

Thing& keep_file(const ResourceCall& call, std::string_view filename, std::string_view purpose,
                 std::string_view content) {
  const std::string id = std::string(kFile.prefix) + call.asker.request_id;
  Json about{{"id", id},
             {"object", "file"},
             {"bytes", content.size()},
             {"created_at", now(call)},
             {"filename", filename},
             {"purpose", purpose},
             {"status", "processed"}};
  return call.shelf.put({.id = id,
                         .collection = std::string(kFile.collection),
                         .owner = call.owner,
                         .about = std::move(about),
                         .content = std::string(content),
                         .content_type = "application/octet-stream"});
}

http::Answer upload_file(const ResourceCall& call) {
  const auto parts = parts_of(content_type(call), call.request.body);
  const Part* file = part_called(parts, "file");
  const Part* purpose = part_called(parts, "purpose");
  if (!file || !purpose) return call.mistake("Missing required parameter: 'file' or 'purpose'.");
  return json_answer(keep_file(call, file->filename, purpose->content, file->content).about);
}

http::Answer file_content(const ResourceCall& call) {
  const Thing* file = found<kFile>(call);
  if (!file) return missing<kFile>(call);
  http::Answer answer{.body = file->content};
  answer.headers.push_back({"content-type", file->content_type});
  return answer;
}

// Large files, in parts

http::Answer begin_upload(const ResourceCall& call) {
  const Json body = call.body();
  if (!body.is_object() || !body.contains("filename") || !body.contains("purpose")) {
    return call.mistake("Missing required parameter: 'filename' or 'purpose'.");
  }
  http::Answer answer = make<kUpload>(call);
  Thing* upload = call.shelf.find(call.owner, std::string(kUpload.prefix) + call.asker.request_id);
  upload->about["status"] = "pending";
  answer.body = upload->about.dump();
  return answer;
}

http::Answer add_upload_part(const ResourceCall& call) {
  Thing* upload = found<kUpload>(call);
  if (!upload) return missing<kUpload>(call);
  const auto parts = parts_of(content_type(call), call.request.body);
  const Part* data = part_called(parts, "data");
  if (!data) return call.mistake("Missing required parameter: 'data'.");
  upload->content.append(data->content);
  return json_answer({{"id", "part_" + call.asker.request_id},
                      {"object", "upload.part"},
                      {"created_at", now(call)},
                      {"upload_id", upload->id}});
}

http::Answer complete_upload(const ResourceCall& call) {
  Thing* upload = found<kUpload>(call);
  if (!upload) return missing<kUpload>(call);
  const Thing& file = keep_file(call, upload->about["filename"].get<std::string>(),
                                upload->about["purpose"].get<std::string>(), upload->content);
  upload->about["status"] = "completed";
  upload->about["file"] = file.about;
  return json_answer(upload->about);
}

http::Answer cancel_upload(const ResourceCall& call) {
  Thing* upload = found<kUpload>(call);
  if (!upload) return missing<kUpload>(call);
  upload->about["status"] = "cancelled";
  return json_answer(upload->about);
}

// Batches

http::Answer make_batch(const ResourceCall& call) {
  const Json body = call.body();
  const std::string input = body.is_object() ? body.value("input_file_id", "") : "";
  if (!call.find(input, kFile.collection)) {
    return call.mistake(fmt::format("The file '{}' does not exist.", input));
  }
  http::Answer answer = make<kBatch>(call);
  Thing* batch = call.shelf.find(call.owner, std::string(kBatch.prefix) + call.asker.request_id);
  batch->about["status"] = "validating";
  batch->about["request_counts"] = {{"total", 0}, {"completed", 0}, {"failed", 0}};
  answer.body = batch->about.dump();
  return answer;
}

http::Answer cancel_batch(const ResourceCall& call) {
  Thing* batch = found<kBatch>(call);
  if (!batch) return missing<kBatch>(call);
  batch->about["status"] = "cancelling";
  return json_answer(batch->about);
}

// Stored responses

/// One that runs in the background is done when it is first asked for.
http::Answer show_response(const ResourceCall& call) {
  Thing* response = found<kResponse>(call);
  if (!response) return missing<kResponse>(call);
  if (response->about["status"] == "queued") response->about["status"] = "completed";
  return json_answer(response->about);
}

http::Answer cancel_response(const ResourceCall& call) {
  Thing* response = found<kResponse>(call);
  if (!response) return missing<kResponse>(call);
  if (!response->about.value("background", false)) {
    return call.mistake("Cannot cancel a synchronous response.");
  }
  response->about["status"] = "cancelled";
  return json_answer(response->about);
}

http::Answer input_items(const ResourceCall& call) {
  const Thing* response = found<kResponse>(call);
  if (!response) return missing<kResponse>(call);
  const Json item{
      {"id", "msg_in_" + response->id},
      {"type", "message"},
      {"role", "user"},
      {"content", Json::array({{{"type", "input_text"}, {"text", response->content}}})}};
  return json_answer({{"object", "list"},
                      {"data", Json::array({item})},
                      {"first_id", item["id"]},
                      {"last_id", item["id"]},
                      {"has_more", false}});
}

// The small endpoints beside the models

http::Answer moderate(const ResourceCall& call) {
  const Json body = call.body();
  if (!body.is_object() || !body.contains("input")) {
    return call.mistake("Missing required parameter: 'input'.");
  }
  const Json verdict{{"flagged", false},
                     {"categories", {{"violence", false}, {"hate", false}}},
                     {"category_scores", {{"violence", 0.001}, {"hate", 0.001}}}};
  const std::size_t inputs = body["input"].is_array() ? body["input"].size() : 1;
  return json_answer({{"id", "modr-" + call.asker.request_id},
                      {"model", body.value("model", "omni-moderation-latest")},
                      {"results", Json(inputs, verdict)}});
}

http::Answer transcribe(const ResourceCall& call) {
  const auto parts = parts_of(content_type(call), call.request.body);
  if (!part_called(parts, "file")) return call.mistake("Missing required parameter: 'file'.");
  return json_answer(
      {{"text", "air all and any"}, {"usage", {{"type", "duration"}, {"seconds", 1}}}});
}

/// A picture of one pixel, as PNG.
constexpr std::string_view kPicture =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg==";

http::Answer make_pictures(const ResourceCall& call) {
  const Json body = call.body();
  if (!body.is_object() || !body.contains("prompt")) {
    return call.mistake("Missing required parameter: 'prompt'.");
  }
  const auto wanted = static_cast<std::size_t>(std::clamp(body.value("n", 1), 1, 10));
  return json_answer({{"created", now(call)}, {"data", Json(wanted, {{"b64_json", kPicture}})}});
}

http::Answer speak(const ResourceCall& call) {
  const Json body = call.body();
  if (!body.is_object() || !body.contains("input")) {
    return call.mistake("Missing required parameter: 'input'.");
  }
  http::Answer answer{.body = std::string("ID3\x04\x00\x00\x00\x00\x00\x00", 10)};
  answer.headers.push_back({"content-type", "audio/mpeg"});
  return answer;
}

constexpr std::array kRoutes{
    ResourceRoute{"POST", "files", upload_file},
    ResourceRoute{"GET", "files", list<kFile>},
    ResourceRoute{"GET", "files/{}", show<kFile>},
    ResourceRoute{"GET", "files/{}/content", file_content},
    ResourceRoute{"DELETE", "files/{}", remove<kFile>},
    ResourceRoute{"POST", "uploads", begin_upload},
    ResourceRoute{"POST", "uploads/{}/parts", add_upload_part},
    ResourceRoute{"POST", "uploads/{}/complete", complete_upload},
    ResourceRoute{"POST", "uploads/{}/cancel", cancel_upload},
    ResourceRoute{"POST", "batches", make_batch},
    ResourceRoute{"GET", "batches", list<kBatch>},
    ResourceRoute{"GET", "batches/{}", show<kBatch>},
    ResourceRoute{"POST", "batches/{}/cancel", cancel_batch},
    ResourceRoute{"GET", "responses/{}", show_response},
    ResourceRoute{"DELETE", "responses/{}", remove<kResponse>},
    ResourceRoute{"POST", "responses/{}/cancel", cancel_response},
    ResourceRoute{"GET", "responses/{}/input_items", input_items},
    ResourceRoute{"POST", "conversations", make<kConversation>},
    ResourceRoute{"GET", "conversations/{}", show<kConversation>},
    ResourceRoute{"DELETE", "conversations/{}", remove<kConversation>},
    ResourceRoute{"POST", "vector_stores", make<kVectorStore>},
    ResourceRoute{"GET", "vector_stores", list<kVectorStore>},
    ResourceRoute{"GET", "vector_stores/{}", show<kVectorStore>},
    ResourceRoute{"DELETE", "vector_stores/{}", remove<kVectorStore>},
    ResourceRoute{"POST", "moderations", moderate},
    ResourceRoute{"POST", "audio/transcriptions", transcribe},
    ResourceRoute{"POST", "audio/translations", transcribe},
    ResourceRoute{"POST", "audio/speech", speak},
    ResourceRoute{"POST", "images/generations", make_pictures},
};

}  // namespace

std::span<const ResourceRoute> openai_resources() noexcept { return kRoutes; }

}  // namespace keypool::lab
