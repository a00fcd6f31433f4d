#pragma once

#include <chrono>

#include <boost/intrusive/list.hpp>

#include <keypool/clock.h>

#include "gateway/signal.h"

namespace keypool::gateway {

class Deadlines;

/// Something that may have to end at a time.
class Timed : public boost::intrusive::list_base_hook<
                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  /// `deadlines` must outlive it.
  explicit Timed(Deadlines& deadlines);
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  virtual ~Timed() = default;

  /// Counted from the reactor's last tick; replaces the deadline before.
  void expire_after(std::chrono::milliseconds time) noexcept;
  void never_expire() noexcept { expires_ = MonotonicTime::max(); }

 private:
  friend class Deadlines;

  /// The time has passed; the deadline is gone.
  virtual void expire() = 0;

  Deadlines& deadlines_;
  MonotonicTime expires_ = MonotonicTime::max();
};

/// What one reactor waits for, and until when. Coarse on purpose: one tick looks at all of it, so
/// that an operation needs no timer of its own and a deadline costs one store.
///
/// Thread-safety: the reactor's thread only.
class Deadlines {
 public:
  explicit Deadlines(MonotonicTime now) noexcept : now_(now) {}

  /// The time of the last tick.
  [[nodiscard]] MonotonicTime now() const noexcept { return now_; }

  /// Expires whatever has waited long enough.
  void tick(MonotonicTime now);

 private:
  friend class Timed;
  using List = boost::intrusive::list<Timed, boost::intrusive::constant_time_size<false>>;

  MonotonicTime now_;
  List all_;
};

/// A deadline that ends nothing by itself: it tells a signal, and whoever waits there looks.
class Deadline final : public Timed {
 public:
  /// Both must outlive it.
  Deadline(Deadlines& deadlines, Signal& signal) : Timed(deadlines), signal_(signal) {}

  void set(std::chrono::milliseconds time) noexcept {
    passed_ = false;
    expire_after(time);
  }
  void clear() noexcept {
    passed_ = false;
    never_expire();
  }
  [[nodiscard]] bool passed() const noexcept { return passed_; }

 private:
  void expire() override {
    passed_ = true;
    signal_.notify();
  }

  Signal& signal_;
  bool passed_ = false;
};

}  // namespace keypool::gateway
