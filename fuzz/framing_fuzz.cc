// Event streams: a plain reader, line by line over the whole text, finds the same events.
#include <string>
#include <vector>

#include "fuzz/input.h"
#include "provider/sse_scan.h"

namespace {

using keypool::fuzz::Input;
using keypool::fuzz::require;
using keypool::provider::SseScan;
using keypool::provider::SseSink;

struct Data : SseSink {
  void data(std::string_view part) { events.back() += part; }
  void event_end(const char*) { events.emplace_back(); }

  std::vector<std::string> events{""};  // the last is not complete
};

std::vector<std::string> scanned(const std::vector<std::string_view>& pieces) {
  SseScan scan;
  Data data;
  for (const std::string_view piece : pieces) scan.feed(piece, data);
  return data.events;
}

// Takes a line off the text, and whichever of the three line ends is behind it.
std::string_view take_line(std::string_view& text, bool& ended) {
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  text.remove_prefix(line.size());
  ended = !text.empty();
  if (text.starts_with("\r\n")) {
    text.remove_prefix(2);
  } else if (ended) {
    text.remove_prefix(1);
  }
  return line;
}

std::vector<std::string> read_plainly(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  constexpr std::string_view kField = "data:";
  std::vector<std::string> events{""};
  bool has_data = false;
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  while (!text.empty()) {
    bool ended = false;
    std::string_view line = take_line(text, ended);
    if (line.empty() && ended) {
      events.emplace_back();
      has_data = false;
    } else if (line.starts_with(kField) && line.size() > kField.size()) {
      line.remove_prefix(kField.size());
      if (line.starts_with(' ')) line.remove_prefix(1);
      if (has_data) events.back() += '\n';
      events.back() += line;
      has_data = true;
    }
  }
  return events;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const unsigned seed = input.byte();
  const std::string_view bytes = input.rest();

  const auto plain = read_plainly(bytes);
  require(scanned({bytes}) == plain, "the scan finds what a plain reader finds");
  require(scanned(keypool::fuzz::cut(bytes, seed)) == plain, "pieces give what the whole gives");
  return 0;
}
