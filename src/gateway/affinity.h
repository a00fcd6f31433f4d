#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "http/head.h"

namespace keypool::gateway {

/// What makes a call belong together with others, as LeaseRequest::affinity wants it: hashes, the
/// one that says most first. Written into `hashes`, whose memory is used again.
///
/// `prefix`: the session that the body names (`prompt_cache_key`, `session_id`, a conversation,
/// `metadata.user_id`, `user`), then the prompt: what stands before the messages together with the
/// messages up to each of the last few, and up to the 1st, 2nd, 4th, … So the next call of a
/// conversation meets the one before, and calls that only begin alike meet too. A prompt that is
/// one text is cut at every power of two of bytes.
///
/// `header`: the value of that header, as it is. Where there is none, nothing.
///
/// `salt` is a secret of the process: nobody can choose texts that meet.
void find_affinity(const config::Affinity& how, const http::RequestHead& head,
                   std::string_view body, std::uint64_t salt, std::vector<std::uint64_t>& hashes);

}  // namespace keypool::gateway
