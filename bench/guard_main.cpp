// bench_guard GUARD.toml RESULTS.json...: prints a table of the bounds; exits 1 if one is broken.
// BARKER_ISA names the instruction set that counts as the machine's best.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "bench/guard.h"
#include "models/base/exit_code.h"
#include "scoring/isa.h"

int main(int argc, char** argv) {
  using namespace barker;
  const auto fail = [](const Status& status) {
    std::fprintf(stderr, "bench_guard: %s\n", status.message().c_str());
    return exit_code(status);
  };
  if (argc < 3) {
    std::fprintf(stderr, "usage: bench_guard GUARD.toml RESULTS.json...\n");
    return kExitUsage;
  }
  std::ifstream in(argv[1]);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(not_found(std::string(argv[1]) + ": cannot be read"));
  const Result<std::vector<Bound>> bounds = read_bounds(text.str());
  if (!bounds.ok()) return fail(bad_data(std::string(argv[1]) + ": " + bounds.status().message()));
  BenchResults results;
  for (int i = 2; i < argc; ++i) {
    if (const Status s = results.add(argv[i]); !s.ok()) return fail(s);
  }
  const char* forced = std::getenv("BARKER_ISA");
  const Result<Isa> isa = choose_isa(forced ? forced : "");
  if (!isa.ok()) return fail(isa.status());
  const std::vector<Finding> findings = check_bounds(*bounds, results, std::string(isa_name(*isa)));
  std::fputs(to_table(findings).c_str(), stdout);
  return all_kept(findings) ? kExitOk : kExitGateFailed;
}
