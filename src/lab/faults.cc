#include "lab/faults.h"

#include <utility>

#include "lab/pattern.h"

namespace keypool::lab {
namespace {

bool concerns(const Fault& fault, const CallMarks& call) {
  return matches(fault.keys, call.key) && matches(fault.models, call.model) &&
         matches(fault.paths, call.path) && call.now >= fault.from &&
         (fault.until == kForever || call.now < fault.until);
}

}  // namespace

FaultScript::FaultScript(std::vector<Fault> faults) {
  for (Fault& fault : faults) entries_.push_back({.fault = std::move(fault)});
}

const Fault* FaultScript::strike(const CallMarks& call, Random& random) {
  const Fault* struck = nullptr;
  for (auto& [fault, calls] : entries_) {
    if (!concerns(fault, call)) continue;
    ++calls;
    if (struck || calls < fault.first_call || calls > fault.last_call) continue;
    if (fault.probability < 1 && random.share() >= fault.probability) continue;
    struck = &fault;
  }
  return struck;
}

}  // namespace keypool::lab
