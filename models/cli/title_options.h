// Options of the commands that read tests of titles.
#pragma once

#include <string>
#include <vector>

#include "models/data/title_tests.h"

namespace CLI {
class App;
}  // namespace CLI

namespace barker {

struct TitleTestFiles {
  std::vector<std::string> paths;
  TitleColumns columns;
  PairRule rule;
  double max_bad_share = 1;  // with a larger share of unusable lines, a file is refused
};

// --tests and how their lines are read, --max-bad-share, --least-impressions and --leave-out.
void add_title_test_options(CLI::App& command, TitleTestFiles& files);

// The titles of all files, one behind the other. Lines that cannot be used are printed on standard
// error. A file with too many of them is an error.
Result<std::vector<TestedTitle>> read_titles(const TitleTestFiles& files);

}  // namespace barker
