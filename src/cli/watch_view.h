#pragma once

#include <cstddef>
#include <string>

#include "cli/key_table.h"
#include "cli/overview_data.h"
#include "cli/terminal.h"

namespace keypool::cli {

/// What `status --watch` shows at one moment.
struct WatchMoment {
  std::string address;  ///< of the admin API
  std::string trouble;  ///< why the figures are old; empty: they are not
  Overview overview;
  Pace::Rates rates;
  KeyPage page;
  std::size_t offset = 0;  ///< keys above the page
  std::string sorted_by;
};

/// How many keys `watch_frame` has room for.
[[nodiscard]] std::size_t rows_for_keys(const WatchMoment& moment, std::size_t rows);

/// The whole picture: at most `rows` lines, each ended with a newline. On a screen narrower than
/// the table lines are longer than the screen: it must not wrap them.
[[nodiscard]] std::string watch_frame(const WatchMoment& moment, const Terminal& terminal,
                                      std::size_t rows);

}  // namespace keypool::cli
