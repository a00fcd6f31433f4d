#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "lab/report.h"

namespace keypool::lab {
namespace {

constexpr double kLeft = 70;
constexpr double kPlotWidth = 760;
constexpr double kRight = 30;
constexpr double kPanelHeight = 110;
constexpr double kPanelGap = 46;
constexpr double kTop = 40;

constexpr const char* kStyle =
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-weight:600}.axis{stroke:#999}"
    ".grid{stroke:#e4e4e4}.offered{fill:#b9cfe8}.wait{fill:none;stroke:#1f5fa8;stroke-width:1.5}"
    ".refused{fill:#e0902f}.failed{fill:#c62f2f}";

std::string_view entity(char c) noexcept {
  if (c == '&') return "&amp;";
  if (c == '<') return "&lt;";
  if (c == '>') return "&gt;";
  return {};
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char& c : text) {
    const std::string_view instead = entity(c);
    out += instead.empty() ? std::string_view(&c, 1) : instead;
  }
  return out;
}

/// The next of 1, 2, 5, 10, 20, … that is not smaller.
double round_up(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (value <= step * power) return step * power;
  }
  return 10 * power;
}

/// One panel of the picture, with a vertical axis from 0.
class Panel {
 public:
  Panel(double top, std::string_view title, std::string_view unit, double most, std::size_t slices)
      : top_(top), most_(round_up(most)), slice_width_(kPlotWidth / static_cast<double>(slices)) {
    out_ = fmt::format("<text class=\"title\" x=\"{}\" y=\"{}\">{}</text>\n", kLeft, top - 8,
                       escaped(title));
    for (const double share : {0.0, 0.5, 1.0}) {
      const double y = y_of(share * most_);
      out_ += fmt::format("<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
                          share == 0 ? "axis" : "grid", kLeft, kLeft + kPlotWidth, y, y);
      out_ += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{:g}{}</text>\n",
                          kLeft - 6, y + 4, share * most_, unit);
    }
  }

  void bar(std::size_t slice, double value, std::string_view kind) {
    if (value <= 0) return;
    const double y = y_of(value);
    out_ += fmt::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", kind,
        x_of(slice), y, slice_width_, y_of(0) - y);
  }

  /// Bars that hang from above are not on the axis: they only show when, and compare to `most`.
  void hanging_bar(std::size_t slice, double share, std::string_view kind) {
    if (share <= 0) return;
    out_ += fmt::format(
        "<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n", kind,
        x_of(slice), top_, slice_width_, std::max(1.5, share * kPanelHeight / 2));
  }

  void line(const std::vector<double>& values) {
    out_ += "<polyline class=\"wait\" points=\"";
    for (std::size_t i = 0; i < values.size(); ++i) {
      out_ += fmt::format("{:.1f},{:.1f} ", x_of(i) + slice_width_ / 2, y_of(values[i]));
    }
    out_ += "\"/>\n";
  }

  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  [[nodiscard]] double x_of(std::size_t slice) const {
    return kLeft + static_cast<double>(slice) * slice_width_;
  }
  [[nodiscard]] double y_of(double value) const {
    return top_ + kPanelHeight * (1 - std::min(1.0, value / most_));
  }

  double top_;
  double most_;
  double slice_width_;
  std::string out_;
};

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; }

double most_waited(const std::vector<Outcome>& outcomes) {
  double most = 0;
  for (const Outcome& outcome : outcomes) {
    for (const Slice& slice : outcome.slices) most = std::max(most, seconds(slice.wait_p99));
  }
  return most;
}

std::string offered_panel(double top, const Outcome& outcome) {
  const double length = std::chrono::duration<double>(outcome.slice_length).count();
  std::uint64_t most = 0;
  for (const Slice& slice : outcome.slices) most = std::max(most, slice.offered);
  Panel panel(top, "offered: calls a second", "", static_cast<double>(most) / length,
              outcome.slices.size());
  for (std::size_t i = 0; i < outcome.slices.size(); ++i) {
    panel.bar(i, static_cast<double>(outcome.slices[i].offered) / length, "offered");
  }
  return panel.text();
}

std::string outcome_panel(double top, const Outcome& outcome, double most_wait) {
  const std::string title = fmt::format(
      "{}: {:.2f} % failed, {:.1f} refused per 1,000, wait p99 {:.1f} s", outcome.name,
      100 * outcome.failed_share(), outcome.refused_per_thousand(), seconds(outcome.wait_p99));
  Panel panel(top, title, " s", most_wait, outcome.slices.size());
  std::vector<double> waits;
  for (std::size_t i = 0; i < outcome.slices.size(); ++i) {
    const Slice& slice = outcome.slices[i];
    const double offered = std::max(1.0, static_cast<double>(slice.offered));
    panel.hanging_bar(i, std::min(1.0, static_cast<double>(slice.refused) / offered), "refused");
    panel.hanging_bar(i, static_cast<double>(slice.failed) / offered, "failed");
    waits.push_back(seconds(slice.wait_p99));
  }
  panel.line(waits);
  return panel.text();
}

}  // namespace

std::string to_svg(const std::vector<Outcome>& outcomes) {
  const double panels = 1 + static_cast<double>(outcomes.size());
  const double height = kTop + panels * (kPanelHeight + kPanelGap) + 10;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\">\n<style>{2}</style>\n<rect width=\"100%\" height=\"100%\" "
      "fill=\"#fff\"/>\n",
      kLeft + kPlotWidth + kRight, height, kStyle);
  if (outcomes.empty()) return out + "</svg>\n";

  double top = kTop;
  out += offered_panel(top, outcomes.front());
  const double most_wait = most_waited(outcomes);
  for (const Outcome& outcome : outcomes) {
    top += kPanelHeight + kPanelGap;
    out += outcome_panel(top, outcome, most_wait);
  }
  const double length = std::chrono::duration<double>(outcomes.front().slice_length).count() *
                        static_cast<double>(outcomes.front().slices.size());
  out += fmt::format(
      "<text x=\"{}\" y=\"{}\">line: wait, 99 of 100 calls; hanging bars: share of calls refused "
      "(amber), failed (red); width: {:.0f} min</text>\n",
      kLeft, top + kPanelHeight + 28, length / 60);
  return out + "</svg>\n";
}

}  // namespace keypool::lab
