#include "lab/provider.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

#include "http/server.h"
#include "lab/body_sender.h"
#include "lab/charge.h"
#include "lab/credentials.h"
#include "lab/delivery.h"
#include "lab/hold.h"
#include "lab/observer.h"
#include "lab/question.h"
#include "lab/realtime.h"
#include "lab/resources.h"
#include "lab/shelf.h"
#include "lab/wire.h"
#include "lab/world.h"

namespace keypool::lab {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kGarbage = "\x15\x03\x01 this is not HTTP \x7f\r\n\r\n";
constexpr std::size_t kMostBodyBytes = 512 * 1024 * 1024;

/// Enough to recognize one's own key by, and no more.
std::string masked(std::string_view credential) {
  if (credential.size() < 16) return "***";
  return fmt::format("{}***{}", credential.substr(0, 5), credential.substr(credential.size() - 2));
}

Observer::End end_of(Ending ending) {
  switch (ending) {
    case Ending::whole:
      return Observer::End::served;
    case Ending::fault:
      return Observer::End::fault;
    case Ending::hung_up:
      return Observer::End::hung_up;
  }
  return Observer::End::hung_up;
}

std::vector<std::string> names_of(const std::vector<Key>& keys) {
  std::vector<std::string> names;
  for (const Key& key : keys) names.push_back(key.name);
  return names;
}

}  // namespace

class Provider::State {
 public:
  State(Scenario scenario, const Clock& clock)
      : observer(names_of(scenario.keys)), world_(std::move(scenario), clock) {}

  ~State() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }

  std::expected<void, std::string> start() {
    server_.emplace(io_, Handler{this}, system_clock(),
                    http::ServerOptions{.body_bytes = kMostBodyBytes});
    const Scenario& scenario = world_.scenario();
    auto listening = server_->listen(scenario.host, scenario.port);
    if (!listening) return std::unexpected(std::move(listening.error()));
    thread_ = std::thread([this] { io_.run(); });
    return {};
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return server_ ? server_->port() : 0; }

  Observer observer;

 private:
  /// What the conversation with one caller needs to know.
  struct Call {
    Question question;
    std::optional<std::size_t> key;
    Asker asker;
    const Wire& wire;
    Random random;
    Observer::Visit visit;
  };

  struct Handler {
    State* state;

    asio::awaitable<void> operator()(const http::Request& request,
                                     http::Responder& responder) const {
      if (request.path() == "/lab/observed") return state->tell_observed(responder);
      return state->serve(request, responder);
    }
  };

  asio::awaitable<void> tell_observed(http::Responder& responder) {
    http::Answer answer{.body = to_json(observer.observed())};
    answer.headers.push_back({"content-type", "application/json"});
    co_await responder.send(std::move(answer));
  }

  /// The way of one call: whose it is, what is asked, what goes wrong, what the limits say, the
  /// answer.
  asio::awaitable<void> serve(const http::Request& request, http::Responder& responder) {
    const auto credentials = credentials_of(request);
    Call call = meet(request, credentials);
    BodySender body(responder, world_.scenario().pieces,
                    world_.scenario().gzip && call.question.takes_gzip, call.random.next());

    const Fault* fault = strike(call);
    if (fault && before_the_head(*fault, call.question)) {
      const bool goes_on = co_await suffer(*fault, call, responder, body);
      if (!goes_on) co_return;
      fault = nullptr;
    }
    if (auto refused = refuse(call, request, credentials)) {
      call.visit.end(Observer::End::refused);
      co_await body.send(with_headers(std::move(*refused), call, nullptr));
      co_return;
    }
    if (call.question.operation == Operation::realtime) {
      co_await converse_with(call, request, fault, responder);
      co_return;
    }
    if (!call.question.metered()) {
      call.visit.end(Observer::End::served);
      co_await body.send(with_headers(tell(call, request), call, nullptr));
      co_return;
    }

    Quota* quota =
        call.key ? world_.quota(*call.key, call.question.model, call.asker.now) : nullptr;
    const Charge expected = expected_charge(call.question.family, call.asker.limit_headers,
                                            call.question.input_tokens, call.question.output_cap);
    const auto refusal = quota ? quota->admit(call.asker.now, expected) : std::nullopt;
    if (refusal) {
      call.visit.end(Observer::End::rate_limited);
      http::Answer answer = call.wire.refusal(*refusal, call.asker);
      co_await body.send(with_headers(std::move(answer), call, quota));
      co_return;
    }
    Hold hold(world_, quota, call.question, expected);
    co_await answer(call, request, fault, quota, hold, responder, body);
  }

  Call meet(const http::Request& request, const std::vector<std::string_view>& credentials) {
    std::optional<std::size_t> key;
    for (const std::string_view credential : credentials) {
      const auto known = world_.key_of(credential);
      if (!known) observer.saw_unknown_credential(credential);
      if (!key) key = known;
    }
    if (credentials.empty()) observer.saw_no_credential();

    Question question = reader_.read(request);
    const std::uint64_t number = ++calls_;
    const WorldTime now = world_.now();
    Asker asker{.organization = key ? world_.scenario().keys[*key].organization : std::string{},
                .model = question.model,
                .request_id = fmt::format("{:016x}", number),
                .masked_key = credentials.empty() ? "***" : masked(credentials.front()),
                .limit_headers = world_.scenario().limit_headers,
                .in_array = question.family == Family::gemini && question.stream && !question.sse,
                .wall = world_.wall(now),
                .now = now};
    const Wire& wire = wire_of(question.family);
    return {.question = std::move(question),
            .key = key,
            .asker = std::move(asker),
            .wire = wire,
            .random = Random(world_.scenario().seed * 0x100000001b3 + number),
            .visit = observer.arrive(key)};
  }

  const Fault* strike(Call& call) {
    const auto& keys = world_.scenario().keys;
    const CallMarks marks{.key = call.key ? std::string_view(keys[*call.key].name) : "",
                          .model = call.question.model,
                          .path = call.question.path,
                          .now = call.asker.now};
    return world_.faults().strike(marks, call.random);
  }

  /// Later faults need an answer to strike in; an error can be told within a stream only.
  static bool before_the_head(const Fault& fault, const Question& question) {
    if (fault.at == FaultPoint::before_head) return true;
    if (question.operation == Operation::realtime) return false;
    if (!question.metered()) return true;
    return question.operation == Operation::embedding ||
           (fault.kind == FaultKind::error && !question.stream);
  }

  /// True when the call goes on as if nothing had been.
  asio::awaitable<bool> suffer(const Fault& fault, Call& call, http::Responder& responder,
                               BodySender& body) {
    if (fault.kind == FaultKind::slow) {
      const bool stayed = co_await responder.wait(world_.on_the_callers_clock(fault.delay));
      co_return stayed;
    }
    const bool good =
        fault.kind == FaultKind::answer && fault.output_tokens + fault.input_tokens > 0;
    call.visit.end(good ? Observer::End::served : Observer::End::fault, fault.input_tokens,
                   fault.output_tokens);
    switch (fault.kind) {
      case FaultKind::error: {
        http::Answer answer = call.wire.error(fault.error, call.asker);
        co_await body.send(with_headers(std::move(answer), call, nullptr));
        break;
      }
      case FaultKind::answer:
        co_await say(fault, responder, body);
        break;
      case FaultKind::reset:
        responder.reset();
        break;
      case FaultKind::stall:
        co_await responder.stall();
        break;
      case FaultKind::cut:
        co_await responder.send_raw("");
        break;
      case FaultKind::garbage:
        co_await responder.send_raw(kGarbage);
        break;
      case FaultKind::raw:
        co_await responder.send_raw(fault.raw);
        break;
      case FaultKind::slow:
        break;
    }
    co_return false;
  }

  /// A given answer: streams without a length, as nobody knows theirs before.
  static asio::awaitable<void> say(const Fault& fault, http::Responder& responder,
                                   BodySender& body) {
    http::AnswerHead head{.status = fault.answer.status, .headers = fault.answer.headers};
    const auto type = fault.answer.header("content-type").value_or("");
    const bool streams =
        type.starts_with("text/event-stream") || type.starts_with("application/x-ndjson");
    if (!streams && fault.then == AnswerEnd::whole) {
      http::Answer answer = fault.answer;
      co_await body.send(std::move(answer));
      co_return;
    }
    bool sent = co_await body.begin(std::move(head));
    if (sent) sent = co_await body.write(fault.answer.body);
    if (!sent) co_return;
    switch (fault.then) {
      case AnswerEnd::whole:
        co_await body.end();
        break;
      case AnswerEnd::cut:
        break;  // the connection closes
      case AnswerEnd::reset:
        responder.reset();
        break;
      case AnswerEnd::stall:
        co_await responder.stall();
        break;
    }
  }

  /// What a provider refuses before it looks at limits.
  std::optional<http::Answer> refuse(const Call& call, const http::Request& request,
                                     const std::vector<std::string_view>& credentials) {
    const bool keyless =
        world_.scenario().keys.empty() || !query_value(request.query(), "upload_id").empty();
    if (call.question.family == Family::gemini && credentials.size() > 1) {
      return call.wire.error(ErrorKind::invalid_request, call.asker,
                             "Multiple authentication credentials received. Please pass only one.");
    }
    if (!keyless && !call.key) return call.wire.error(ErrorKind::bad_key, call.asker);
    if (call.question.operation == Operation::unknown &&
        !find_resource(call.question.family, request)) {
      return call.wire.error(ErrorKind::not_found, call.asker,
                             fmt::format("Nothing answers {} {}.", request.method, request.path()));
    }
    if (!call.question.mistake.empty()) {
      return call.wire.error(ErrorKind::invalid_request, call.asker, call.question.mistake);
    }
    return refuse_references(call.question, owner(call), call.asker, call.wire, shelf_);
  }

  /// Whose the things are that a call makes.
  [[nodiscard]] std::string owner(const Call& call) const {
    if (!call.key) return {};
    const Key& key = world_.scenario().keys[*call.key];
    return key.organization.empty() ? key.name : key.organization;
  }

  /// A connection is one call; what its answers used is added up.
  asio::awaitable<void> converse_with(Call& call, const http::Request& request, const Fault* fault,
                                      http::Responder& responder) {
    Conversation conversation(call.question.family, call.question.model, call.asker.request_id);
    RealtimeCall realtime{.request = request, .family = call.question.family, .fault = fault};
    call.wire.append_headers(realtime.headers, call.asker, nullptr);
    realtime.plan_answer = [&] {
      const Scenario& scenario = world_.scenario();
      return plan_answer(call.question, scenario.pace_of(call.question.model), scenario.time_scale,
                         call.random);
    };
    realtime.on_answer = [&call](std::uint64_t input_tokens, std::uint64_t output_tokens) {
      call.visit.use(input_tokens, output_tokens);
    };
    co_await converse(responder, realtime, conversation);
    call.visit.end(Observer::End::served);
  }

  /// Answers that cost nothing.
  http::Answer tell(const Call& call, const http::Request& request) {
    if (const auto resource = find_resource(call.question.family, request);
        resource && call.question.operation == Operation::unknown) {
      return resource->handler({.request = request,
                                .names = resource->names,
                                .owner = owner(call),
                                .asker = call.asker,
                                .wire = call.wire,
                                .shelf = shelf_});
    }
    http::Answer answer;
    answer.headers.push_back({"content-type", "application/json"});
    if (call.question.operation == Operation::list_models) {
      answer.body = call.wire.model_list(world_.models());
    } else if (call.question.operation == Operation::show_model) {
      answer.body = call.wire.model(call.question.model);
    } else {
      answer.body = call.wire.body(call.question, reply_to(call, 0, false));
    }
    return answer;
  }

  Reply reply_to(const Call& call, std::uint64_t output_tokens, bool capped) const {
    const Pace& pace = world_.scenario().pace_of(call.question.model);
    const double input = static_cast<double>(call.question.input_tokens);
    return {.id = call.asker.request_id,
            .model = call.question.model,
            .created = call.asker.wall,
            .input_tokens = call.question.input_tokens,
            .output_tokens = output_tokens + pace.thinking,
            .capped = capped,
            .cached_tokens = static_cast<std::uint64_t>(input * pace.cached),
            .thinking_tokens = pace.thinking};
  }

  http::Answer with_headers(http::Answer answer, const Call& call, const Quota* quota) const {
    call.wire.append_headers(answer.headers, call.asker, quota);
    return answer;
  }

  asio::awaitable<void> answer(Call& call, const http::Request& request, const Fault* fault,
                               const Quota* quota, Hold& hold, http::Responder& responder,
                               BodySender& body) {
    const Question& question = call.question;
    http::Fields headers;
    call.wire.append_headers(headers, call.asker, quota);
    if (question.operation == Operation::embedding) {
      http::Answer answer{.headers = std::move(headers),
                          .body = call.wire.body(question, reply_to(call, 0, false))};
      answer.headers.push_back({"content-type", "application/json"});
      hold.settle(0);
      call.visit.end(Observer::End::served,
                     question.family == Family::openai ? question.input_tokens : 0);
      co_await body.send(std::move(answer));
      co_return;
    }

    const Scenario& scenario = world_.scenario();
    const Plan plan =
        plan_answer(question, scenario.pace_of(question.model), scenario.time_scale, call.random);
    const Reply reply = reply_to(call, plan.tokens, plan.capped);
    const auto form = call.wire.form(question, reply);
    if (question.background && !question.stream) {
      http::Answer answer = begin_in_background(keep_response(call, request, plan, *form));
      answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
      call.visit.end(Observer::End::served);
      co_await body.send(std::move(answer));
      co_return;
    }
    auto close_books = [&](Ending ending, std::uint64_t tokens) {
      const std::uint64_t output_tokens = tokens + reply.thinking_tokens;
      hold.settle(output_tokens);
      call.visit.end(end_of(ending), question.input_tokens, output_tokens);
      const bool kept = question.operation == Operation::response && question.stores;
      if (kept && ending == Ending::whole) keep_response(call, request, plan, *form);
    };
    Delivery delivery(responder, body, *form, plan, fault, close_books);
    if (question.stream) {
      co_await delivery.send_stream(std::move(headers));
    } else {
      co_await delivery.send_whole(std::move(headers));
    }
  }

  /// As it was told, for whoever asks for it later.
  Thing& keep_response(const Call& call, const http::Request& request, const Plan& plan,
                       const AnswerForm& form) {
    constexpr std::uint64_t kMostTokens = 100'000;
    const AnswerForm::Frame frame = form.whole();
    std::string told = frame.before;
    AnswerText(plan.seed).append(told, std::min(plan.tokens, kMostTokens));
    told += frame.after;
    Json about = Json::parse(told, nullptr, false);
    const Json asked = Json::parse(request.body, nullptr, false);
    const Json input = asked.value("input", Json());
    return shelf_.put({.id = about["id"].get<std::string>(),
                       .collection = "responses",
                       .owner = owner(call),
                       .about = std::move(about),
                       .content = input.is_string() ? input.get<std::string>() : input.dump()});
  }

  /// What is told of a response whose answer is asked for later.
  static http::Answer begin_in_background(Thing& response) {
    response.about["status"] = "queued";
    Json told = response.about;
    told["output"] = Json::array();
    told["usage"] = nullptr;
    return json_answer(told);
  }

  // Used on the provider's thread only.
  World world_;
  Shelf shelf_;
  QuestionReader reader_;
  std::uint64_t calls_ = 0;

  asio::io_context io_{1};
  std::optional<http::Server> server_;
  std::thread thread_;
};

Provider::Provider(Scenario scenario, const Clock& clock)
    : state_(std::make_unique<State>(std::move(scenario), clock)) {}

Provider::~Provider() = default;

std::expected<void, std::string> Provider::start() { return state_->start(); }

std::uint16_t Provider::port() const noexcept { return state_->port(); }

Observed Provider::observed() const { return state_->observer.observed(); }

}  // namespace keypool::lab
