// import: a feed of a shop system becomes a catalogue.
#include <algorithm>
#include <iostream>
#include <memory>

#include "index/catalogue/catalogue.h"
#include "index/catalogue/feeds/import_feed.h"
#include "index/commands/commands.h"
#include "models/base/exit_code.h"
#include "models/base/input_file.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/command/options.h"
#include "models/text/text.h"

namespace barker {
namespace {

struct ImportFlags {
  ImportOptions import;
  std::string from, out;
  std::vector<std::string> selling_points = {"highlights"};
  bool strict = false;
};

const std::vector<std::string> kSources = {"highlights", "labels", "tags", "options", "none"};

FeedFormat format_of(const std::string& name) {
  if (name == "shopify") return FeedFormat::kShopify;
  if (name == "woocommerce") return FeedFormat::kWooCommerce;
  if (name == "google-merchant") return FeedFormat::kGoogleMerchant;
  return FeedFormat::kJsonlMap;
}

SellingPointSources sources_of(const std::vector<std::string>& names) {
  const auto chosen = [&](const char* name) {
    return std::ranges::find(names, name) != names.end();
  };
  return {chosen("highlights"), chosen("labels"), chosen("tags"), chosen("options")};
}

std::string summary(const ImportReport& report) {
  const FoldCounts& counts = report.counts;
  const auto number = [](uint64_t value) { return std::to_string(value); };
  const uint64_t unused =
      report.rows - counts.ads - counts.variants - counts.out_of_stock - counts.unpublished;
  std::string text = number(report.rows) + " rows read = " + number(counts.ads) + " ads + " +
                     number(counts.variants) + " variants folded + " + number(counts.out_of_stock) +
                     " out of stock + " + number(counts.unpublished) + " not published + " +
                     number(unused) + " not usable\n" + number(counts.selling_points) +
                     " selling points; " + number(report.notes.tags_dropped) + " HTML tags and " +
                     number(report.notes.values_dropped) + " values dropped, " +
                     number(report.notes.invalid_utf8) + " invalid UTF-8 sequences replaced\n";
  if (counts.unread_prices > 0) {
    text += number(counts.unread_prices) + " prices are no numbers and stay as they are written\n";
  }
  if (counts.apart > 0) {
    text += number(counts.apart) + " variants stand apart from their product; their options were " +
            "not taken. Sort the feed by product to have them.\n";
  }
  return text;
}

Result<int> run(ImportFlags& options) {
  options.import.format = format_of(options.from);
  options.import.fold.sources = sources_of(options.selling_points);
  const OutputPath path{"--out", options.out, OutputPath::Kind::kFileOrStream};
  const std::vector<InputPath> inputs = {{"FEED", options.import.feed},
                                         {"--map", options.import.map}};
  if (Status s = check_outputs(inputs, {path}); !s.ok()) return s;
  OutputFile out(options.out);
  BadLines bad;
  Result<ImportReport> report = import_feed(options.import, out, bad);
  if (!report.ok()) return report.status();
  const std::string feed = input_name(options.import.feed);
  std::cerr << visible_lines(bad.report(feed) + report->notes.report(feed) + summary(*report));
  if (report->counts.ads == 0) {
    return bad_data(feed + ": no usable ad in " + std::to_string(report->rows) + " rows");
  }
  if (Status s = out.close(); !s.ok()) return s;
  return options.strict && bad.count() > 0 ? kExitBadData : kExitOk;
}

void add_choices(CLI::App& command, ImportFlags& options) {
  CLI::Option* points =
      command
          .add_option(
              "--selling-points", options.selling_points,
              "What becomes a selling point; the others become attributes. Repeat it for more")
          ->group(kOutput);
  one_of(points, kSources);
  command
      .add_flag("--out-of-stock", options.import.fold.keep_out_of_stock,
                "Keep what is out of stock")
      ->group(kOutput);
  command.add_option("--bid", options.import.fold.bid, "Bid of ads for which the feed has none")
      ->check(CLI::Range(0.0, BARKER_MAX_NUMBER))
      ->capture_default_str()
      ->type_name("X")
      ->group(kOutput);
  command
      .add_option("--merchant", options.import.fold.merchant,
                  "Merchant of ads for which the feed has none")
      ->type_name("ID")
      ->group(kOutput);
}

}  // namespace

Command add_import_command(CLI::App& app) {
  const auto options = std::make_shared<ImportFlags>();
  CLI::App* command = add_subcommand(
      app, "import",
      "Turn a feed of a shop system into a catalogue (index/catalogue/feeds/FEEDS.md)");
  CLI::Option* from =
      command->add_option("--from", options->from, "Format of the feed")->required()->group(kInput);
  one_of(from, {"shopify", "woocommerce", "google-merchant", "jsonl-map"});
  command
      ->add_option("feed,--feed", options->import.feed,
                   "Feed, plain or gzip; - reads standard input")
      ->required()
      ->type_name(kFile)
      ->group(kInput);
  command->add_option("--map", options->import.map, "Mapping file (TOML), for jsonl-map")
      ->type_name(kFile)
      ->group(kInput);
  command->add_flag("--strict", options->strict, "Exit with 65 when a row could not be used")
      ->group(kInput);
  command->add_option("--out", options->out, "Catalogue to write; - is standard output")
      ->required()
      ->type_name(kFile)
      ->group(kOutput);
  add_choices(*command, *options);
  return [options] { return run(*options); };
}

}  // namespace barker
