#include "models/cli/title_options.h"

#include <algorithm>
#include <iostream>
#include <iterator>

#include "models/base/input_file.h"
#include "models/cli/shared_options.h"
#include "models/command/options.h"
#include "models/command/program.h"
#include "models/data/event_reader.h"
#include "models/text/text.h"

namespace barker {

void add_title_test_options(CLI::App& command, TitleTestFiles& files) {
  command
      .add_option("--tests", files.paths,
                  "Tests of titles: JSON Lines, or a table with tabs whose first line names the "
                  "columns; plain, gzip or zstd; repeatable")
      ->required()
      ->allow_extra_args(false)
      ->type_name(kFile)
      ->group(kInput);
  TitleColumns& c = files.columns;
  const auto column = [&](const char* option, std::string& name, const char* what) {
    command.add_option(option, name, std::string("Column of ") + what)
        ->type_name("NAME")
        ->group(kInput);
  };
  column("--test-column", c.test, "the test's name");
  column("--time-column", c.time, "its time, an integer that grows with time");
  column("--group-column", c.group, "what else was the same, such as the image; may be absent");
  column("--title-column", c.title, "the title");
  column("--impressions-column", c.impressions, "how often it was shown");
  column("--clicks-column", c.clicks, "how often it was clicked");
  add_max_bad_share_option(command, files.max_bad_share);
  command
      .add_option("--least-impressions", files.rule.least_impressions,
                  "Both titles of a pair were shown at least so often")
      ->check(CLI::Range(1.0, 1e12))
      ->group(kInput);
  command
      .add_option_function<std::vector<std::string>>(
          "--leave-out",
          [&files](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              const Result<TimeRange> range = parse_time_range(text);
              if (!range.ok()) throw CLI::ValidationError("--leave-out", range.status().message());
              files.rule.left_out.push_back(*range);
            }
          },
          "Times whose tests are left out, such as 201326..201402; repeatable")
      ->allow_extra_args(false)
      ->type_name("FROM..TO")
      ->group(kInput);
}

Result<std::vector<TestedTitle>> read_titles(const TitleTestFiles& files) {
  std::vector<TestedTitle> all;
  for (const std::string& path : files.paths) {
    BadLines bad;
    Result<std::vector<TestedTitle>> titles = read_title_tests(path, files.columns, bad);
    std::cerr << visible_lines(bad.report(path));
    if (!titles.ok()) return titles.status();
    const Status s =
        check_bad_share(input_name(path), titles->size() + bad.count(), bad, files.max_bad_share);
    if (!s.ok()) return s;
    std::ranges::move(*titles, std::back_inserter(all));
  }
  return all;
}

}  // namespace barker
