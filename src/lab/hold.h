#pragma once

#include <cstdint>
#include <utility>

#include "lab/charge.h"
#include "lab/question.h"
#include "lab/quota.h"
#include "lab/world.h"

namespace keypool::lab {

/// An admitted call's hold on its quota. Settled once: by `settle`, or with no output when the call
/// ends otherwise.
class Hold {
 public:
  Hold(const World& world, Quota* quota, const Question& question, const Charge& expected)
      : world_(world),
        quota_(quota),
        family_(question.family),
        input_tokens_(question.input_tokens),
        expected_(expected) {}
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { settle(0); }

  void settle(std::uint64_t output_tokens) {
    if (!quota_) return;
    const Charge actual = actual_charge(family_, input_tokens_, output_tokens);
    std::exchange(quota_, nullptr)->settle(world_.now(), expected_, actual);
  }

 private:
  const World& world_;
  Quota* quota_;
  Family family_;
  std::uint64_t input_tokens_;
  Charge expected_;
};

}  // namespace keypool::lab
