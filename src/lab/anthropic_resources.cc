#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "lab/multipart.h"
#include "lab/resources.h"

namespace keypool::lab {
namespace {

// Paths and shapes: Anthropic's SDK, read 2026-11.

constexpr std::string_view kBatches = "batches";
constexpr std::string_view kFiles = "files";

std::string rfc3339(WallTime wall) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(wall));
}

http::Answer page(const ResourceCall& call, std::string_view collection) {
  Json data = Json::array();
  for (const Thing* thing : call.shelf.list(call.owner, collection)) data.push_back(thing->about);
  const Json first = data.empty() ? Json() : data.front()["id"];
  const Json last = data.empty() ? Json() : data.back()["id"];
  return json_answer(
      {{"data", std::move(data)}, {"has_more", false}, {"first_id", first}, {"last_id", last}});
}

Thing* batch_of(const ResourceCall& call) { return call.find(call.names.front(), kBatches); }
Thing* file_of(const ResourceCall& call) { return call.find(call.names.front(), kFiles); }

http::Answer no_batch(const ResourceCall& call) {
  return call.not_found(fmt::format("Message batch not found: {}", call.names.front()));
}

http::Answer no_file(const ResourceCall& call) {
  return call.not_found(fmt::format("File not found: {}", call.names.front()));
}

std::string result_line(const Json& request, const ResourceCall& call) {
  const Json message{{"id", "msg_" + call.asker.request_id},
                     {"type", "message"},
                     {"role", "assistant"},
                     {"model", request["params"].value("model", "")},
                     {"content", Json::array({{{"type", "text"}, {"text", "air all and any"}}})},
                     {"stop_reason", "end_turn"},
                     {"stop_sequence", nullptr},
                     {"usage", {{"input_tokens", 1}, {"output_tokens", 4}}}};
  return Json{{"custom_id", request.value("custom_id", "")},
              {"result", {{"type", "succeeded"}, {"message", message}}}}
             .dump() +
         "\n";
}

http::Answer make_batch(const ResourceCall& call) {
  const Json body = call.body();
  if (!body.is_object() || !body.contains("requests") || !body["requests"].is_array()) {
    return call.mistake("requests: Field required");
  }
  const std::string id = "msgbatch_" + call.asker.request_id;
  const std::size_t count = body["requests"].size();
  std::string results;
  for (const Json& request : body["requests"]) results += result_line(request, call);
  Json about{
      {"id", id},
      {"type", "message_batch"},
      {"processing_status", "in_progress"},
      {"request_counts",
       {{"processing", count}, {"succeeded", 0}, {"errored", 0}, {"canceled", 0}, {"expired", 0}}},
      {"ended_at", nullptr},
      {"created_at", rfc3339(call.asker.wall)},
      {"expires_at", rfc3339(call.asker.wall + std::chrono::hours(24))},
      {"archived_at", nullptr},
      {"cancel_initiated_at", nullptr},
      {"results_url", nullptr}};
  return json_answer(call.shelf
                         .put({.id = id,
                               .collection = std::string(kBatches),
                               .owner = call.owner,
                               .about = std::move(about),
                               .content = std::move(results),
                               .content_type = "application/x-jsonl"})
                         .about);
}

/// A batch is done when it is first asked for.
http::Answer show_batch(const ResourceCall& call) {
  Thing* batch = batch_of(call);
  if (!batch) return no_batch(call);
  Json& about = batch->about;
  if (about["processing_status"] == "in_progress") {
    about["processing_status"] = "ended";
    about["ended_at"] = rfc3339(call.asker.wall);
    about["request_counts"]["succeeded"] = about["request_counts"]["processing"];
    about["request_counts"]["processing"] = 0;
    about["results_url"] = fmt::format(
        "http://{}{}/results", call.request.header("host").value_or(""), call.request.path());
  }
  return json_answer(about);
}

http::Answer batch_results(const ResourceCall& call) {
  const Thing* batch = batch_of(call);
  if (!batch) return no_batch(call);
  http::Answer answer{.body = batch->content};
  answer.headers.push_back({"content-type", batch->content_type});
  return answer;
}

http::Answer cancel_batch(const ResourceCall& call) {
  Thing* batch = batch_of(call);
  if (!batch) return no_batch(call);
  batch->about["processing_status"] = "canceling";
  batch->about["cancel_initiated_at"] = rfc3339(call.asker.wall);
  return json_answer(batch->about);
}

http::Answer remove_batch(const ResourceCall& call) {
  if (!batch_of(call)) return no_batch(call);
  call.shelf.remove(call.owner, call.names.front());
  return json_answer({{"id", call.names.front()}, {"type", "message_batch_deleted"}});
}

http::Answer list_batches(const ResourceCall& call) { return page(call, kBatches); }

http::Answer upload_file(const ResourceCall& call) {
  const auto parts = parts_of(call.request.header("content-type").value_or(""), call.request.body);
  const Part* file = part_called(parts, "file");
  if (!file) return call.mistake("file: Field required");
  const std::string id = "file_" + call.asker.request_id;
  Json about{{"id", id},
             {"type", "file"},
             {"filename", file->filename},
             {"mime_type", file->content_type},
             {"size_bytes", file->content.size()},
             {"created_at", rfc3339(call.asker.wall)},
             {"downloadable", true}};
  return json_answer(call.shelf
                         .put({.id = id,
                               .collection = std::string(kFiles),
                               .owner = call.owner,
                               .about = std::move(about),
                               .content = std::string(file->content),
                               .content_type = std::string(file->content_type)})
                         .about);
}

http::Answer show_file(const ResourceCall& call) {
  const Thing* file = file_of(call);
  return file ? json_answer(file->about) : no_file(call);
}

http::Answer file_content(const ResourceCall& call) {
  const Thing* file = file_of(call);
  if (!file) return no_file(call);
  http::Answer answer{.body = file->content};
  answer.headers.push_back({"content-type", file->content_type});
  return answer;
}

http::Answer remove_file(const ResourceCall& call) {
  if (!file_of(call)) return no_file(call);
  call.shelf.remove(call.owner, call.names.front());
  return json_answer({{"id", call.names.front()}, {"type", "file_deleted"}});
}

http::Answer list_files(const ResourceCall& call) { return page(call, kFiles); }

constexpr std::array kRoutes{
    ResourceRoute{"POST", "messages/batches", make_batch},
    ResourceRoute{"GET", "messages/batches", list_batches},
    ResourceRoute{"GET", "messages/batches/{}", show_batch},
    ResourceRoute{"GET", "messages/batches/{}/results", batch_results},
    ResourceRoute{"POST", "messages/batches/{}/cancel", cancel_batch},
    ResourceRoute{"DELETE", "messages/batches/{}", remove_batch},
    ResourceRoute{"POST", "files", upload_file},
    ResourceRoute{"GET", "files", list_files},
    ResourceRoute{"GET", "files/{}", show_file},
    ResourceRoute{"GET", "files/{}/content", file_content},
    ResourceRoute{"DELETE", "files/{}", remove_file},
};

}  // namespace

std::span<const ResourceRoute> anthropic_resources() noexcept { return kRoutes; }

}  // namespace keypool::lab
