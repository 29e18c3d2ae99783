#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "index/catalogue/mining/mine.h"
#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/base/input_file.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/command/options.h"
#include "models/text/text.h"

namespace barker {
namespace {

struct MineFlags {
  std::string ads, out = "-";
  MineOptions mine;
};

// One line of JSON. Texts lose the characters that deceive a reader, because a person reads them
// before accepting one.
std::string line_of(const Proposal& proposal) {
  nlohmann::ordered_json json = {{"selling_point", visible(proposal.selling_point)},
                                 {"category", proposal.category},
                                 {"ads", proposal.ads},
                                 {"share", proposal.share},
                                 {"evidence", nlohmann::ordered_json::array()}};
  for (const std::string& text : proposal.evidence) json["evidence"].push_back(visible(text));
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<int> run(const MineFlags& options) {
  const OutputPath path{"--out", options.out, OutputPath::Kind::kFileOrStream};
  if (Status s = check_outputs({{"--ads", options.ads}}, {path}); !s.ok()) return s;
  OutputFile out(options.out);
  if (!out.status().ok()) return out.status();
  const std::string ads = input_name(options.ads);
  BadLines bad;
  const Result<Catalogue> catalogue = read_catalogue(options.ads, bad);
  if (!catalogue.ok()) return catalogue.status();
  std::cerr << visible_lines(bad.report(ads) + catalogue->notes.report(ads));
  if (catalogue->ads.empty()) {
    return bad_data(ads + ": no usable ad in " + std::to_string(catalogue->lines) + " lines");
  }
  const std::vector<Proposal> proposals = propose_selling_points(catalogue->ads, options.mine);
  for (const Proposal& proposal : proposals) out.write(line_of(proposal));
  if (Status s = out.close(); !s.ok()) return s;
  std::cerr << proposals.size() << " proposals from " << catalogue->ads.size() << " ads";
  if (proposals.empty()) {
    std::cerr << "; with --least-ads or --largest-share more claims are proposed\n";
  } else {
    std::cerr << "; add \"accepted\": true to the lines that are true of the products, then type "
                 "barker index --mined FILE\n";
  }
  return kExitOk;
}

}  // namespace

Command add_mine_command(CLI::App& app) {
  const auto options = std::make_shared<MineFlags>();
  CLI::App* command = add_subcommand(
      app, "mine", "Propose selling points from the texts of a catalogue, for a person to accept");
  command
      ->add_option("--ads", options->ads,
                   "Catalogue as JSON Lines, plain or gzip; - reads standard input")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  command
      ->add_option("--least-ads", options->mine.minimum_ads,
                   "Ads of a category that must make a claim before it is proposed")
      ->check(CLI::Range(size_t{1}, size_t{1'000'000'000}))
      ->group(kInput);
  command
      ->add_option("--largest-share", options->mine.maximum_share,
                   "Share of a category's ads beyond which a claim tells them not apart")
      ->check(CLI::Range(0.0, 1.0))
      ->group(kInput);
  command->add_option("--out", options->out, "File to write; - is standard output")
      ->type_name(kFile)
      ->group(kOutput);
  return [options] { return run(*options); };
}

}  // namespace barker
