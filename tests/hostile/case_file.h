#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace keypool::hostile {

/// What stands in a `.cases` file: one hostile message, the rule that it breaks or stretches, and
/// what must come of it.
///
///     case both framings
///     rule RFC 9112 §6.3
///     > POST /openai/x HTTP/1.1
///     > Host: a
///     > Content-Length: 5
///     > Transfer-Encoding: chunked
///     >
///     answer 400
///     then closed
///
/// `> text` is a line of the client's with CRLF, `>+ text` the bare text; `<` and `<+` are the
/// same for upstream. In both stand the escapes \r \n \t \\ \xHH, and \*N(text) for N times the
/// text. A line `each a | b | c` makes a case for each of the values, put where `{each}` stands.
struct Case {
  std::string name;
  std::string rule;   ///< `RFC 9112 §6.3`
  std::string place;  ///< file and line
  std::string request;
  std::string response;               ///< upstream's; empty: it answers properly
  bool client_sends_no_more = false;  ///< `half-close`, once the request is sent

  /// What upstream does behind its response: `upstream stays`, `closes`, `resets`.
  enum class Finish { stays, closes, resets };
  Finish finish = Finish::stays;

  std::vector<int> answers;  ///< statuses that the client gets, interim ones too
  bool stays_open = false;   ///< `then open`, else `then closed`

  std::vector<std::string> reached;         ///< method and target of what upstream gets, in order
  std::optional<std::string> reached_body;  ///< of the last
  std::vector<std::string> reached_has;     ///< lines of its head, names in lower case
  std::vector<std::string> reached_lacks;   ///< names that are not in its head

  std::optional<bool> whole;              ///< whether the client takes the last answer for whole
  std::optional<std::string> body;        ///< of the last answer
  std::vector<std::string> answer_has;    ///< lines of its head
  std::vector<std::string> answer_lacks;  ///< names that are not in its head
};

/// Throws std::runtime_error that names file and line of what it does not understand.
[[nodiscard]] std::vector<Case> read_cases(const std::filesystem::path& file);

}  // namespace keypool::hostile
