#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace keypool::cli {

/// What the chosen subcommand does, and the exit code it ends with (cli/exit_code.h).
using Run = std::function<int()>;

/// Each adds its subcommand, with its options and examples, to `app`; when the user chose it, `run`
/// becomes what to do.
void add_serve(CLI::App& app, Run& run);
void add_demo(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_status(CLI::App& app, Run& run);
void add_reload(CLI::App& app, Run& run);
void add_secrets(CLI::App& app, Run& run);
void add_token(CLI::App& app, Run& run);
void add_usage(CLI::App& app, Run& run);
void add_stats(CLI::App& app, Run& run);
void add_init(CLI::App& app, Run& run);
void add_exec(CLI::App& app, Run& run);
void add_import(CLI::App& app, Run& run);
void add_lab(CLI::App& app, Run& run);
void add_completion(CLI::App& app, Run& run);
void add_man(CLI::App& app, Run& run);

}  // namespace keypool::cli
