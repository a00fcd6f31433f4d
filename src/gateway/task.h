#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace keypool::gateway {

namespace asio = boost::asio;

/// A coroutine of the data path. Bound to a reactor's own executor type: the type-erased default
/// costs an allocation and two indirect calls at each wait. The rules for writing one stand in
/// docs/coroutines.md.
template <class T>
using Task = asio::awaitable<T, asio::io_context::executor_type>;

inline constexpr asio::use_awaitable_t<asio::io_context::executor_type> kAwait;

}  // namespace keypool::gateway
