#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "index/catalogue/ad_json.h"
#include "index/catalogue/mining/accepted.h"
#include "index/commands/commands.h"
#include "index/live/change_log.h"
#include "index/live/known_ids.h"
#include "index/live/rebuild.h"
#include "index/matching/stems.h"
#include "index/retrieval/index_writer.h"
#include "models/base/exit_code.h"
#include "models/base/input_file.h"
#include "models/command/options.h"
#include "models/text/text.h"

namespace barker {
namespace {

struct IndexFlags {
  std::string ads, update, out, mined;
  MatchingRules rules;
  bool mines = false, accepts_all = false, strict = false, rebuilds = false;
  CLI::Option* language = nullptr;
};

// Reads the mined selling points that a person accepted.
Status read_mined(const IndexFlags& options, AcceptedSellingPoints& mined) {
  const std::string name = input_name(options.mined);
  BadLines bad;
  auto accepted = read_accepted(options.mined, options.accepts_all, bad);
  if (!accepted.ok()) return accepted.status();
  std::cerr << visible_lines(bad.report(name));
  if (accepted->accepted == 0) {
    return bad_data(name +
                    ": no line is accepted; add \"accepted\": true to the lines that are true of "
                    "the products");
  }
  std::swap(mined, *accepted);
  return {};
}

void report_mined(const AcceptedSellingPoints& accepted, const Given& given) {
  std::cerr << accepted.accepted << " accepted lines gave " << given.ads << " ads "
            << given.selling_points << " selling points; " << accepted.left_out
            << " lines are not accepted, " << given.unused << " accepted ones fit no ad\n";
}

// Builds a new index. Each ad is indexed when it is read, so that a catalogue need not fit into
// memory.
Result<int> build(const IndexFlags& options) {
  const std::string ads = input_name(options.ads);
  AcceptedSellingPoints mined;
  if (!options.mined.empty()) {
    if (Status s = read_mined(options, mined); !s.ok()) return s;
  }
  SellingPointGiver giver(mined);
  Result<IndexWriter> writer = IndexWriter::open(options.out, options.rules);
  if (!writer.ok()) return writer.status();
  BadLines bad;
  const Result<CatalogueCounts> read = for_each_ad(options.ads, bad, [&](CatalogueAd ad) {
    if (!options.mined.empty()) giver.give(ad);
    return writer->add(std::move(ad));
  });
  if (!read.ok()) return read.status();
  std::cerr << visible_lines(bad.report(ads) + read->notes.report(ads));
  if (read->ads == 0) {
    return bad_data(ads + ": no usable ad in " + std::to_string(read->lines) + " lines");
  }
  if (!options.mined.empty()) report_mined(mined, giver.given());
  if (Status s = writer->finish(); !s.ok()) return s;
  std::cerr << read->lines << " lines read = " << read->ads << " ads indexed + " << bad.count()
            << " lines reported; " << read->notes.values_dropped << " values and "
            << read->notes.tags_dropped << " HTML tags dropped, " << read->notes.invalid_utf8
            << " invalid UTF-8 sequences replaced; " << visible(options.out) << " is ready\n";
  return options.strict && bad.count() > 0 ? kExitBadData : kExitOk;
}

bool is_upsert(const CatalogueChange& change) {
  return change.kind == CatalogueChange::Kind::kUpsert;
}

// Writes changes to the log of an index, from which engines that serve it take them.
Result<int> update(const IndexFlags& options) {
  constexpr size_t kBatch = 10'000;  // changes that are synced together
  const std::string name = input_name(options.update);
  Result<LineReader> lines = LineReader::open(options.update);
  if (!lines.ok()) return lines.status();
  if (!std::filesystem::exists(options.out + "/ads.store")) {
    return not_found(options.out + ": is no index; barker index --ads makes one");
  }
  BadLines bad;
  FeedNotes notes;
  std::vector<CatalogueChange> changes, others;
  std::optional<ChangeLog> log;
  std::optional<KnownIds> known;  // from the first change on that may name no ad
  uint64_t written = 0, unknown = 0;
  const auto write = [&]() -> Status {
    if (changes.empty()) return {};
    for (;;) {
      if (!log) {
        Result<ChangeLog> opened = ChangeLog::open(options.out);
        if (!opened.ok()) return opened.status();
        log.emplace(std::move(*opened));
      }
      if (!known && !std::ranges::all_of(changes, is_upsert)) {
        known.emplace();
        if (Status s = known->read(options.out); !s.ok()) return s;
      }
      const Status appended = log->append(changes, others);
      if (appended.ok()) break;
      if (appended.code() != Code::kFailedPrecondition) return appended;
      log.reset();  // a new index took the place in between
      known.reset();
    }
    written += changes.size();
    if (known) {
      known->follow(others);
      unknown += known->follow(changes);
    }
    changes.clear();
    others.clear();
    return {};
  };
  for (std::string_view line; lines->next(line);) {
    if (line.find_first_not_of(" \t\r\v\f") == std::string_view::npos) continue;
    notes.set_line(lines->number());
    Result<CatalogueChange> change = parse_change(line, notes);
    if (change.ok()) {
      changes.push_back(std::move(*change));
    } else {
      bad.add(lines->number(), reportable(change.status().message()));
    }
    if (changes.size() < kBatch) continue;
    if (Status s = write(); !s.ok()) return s;
  }
  if (!lines->status().ok()) return lines->status();
  if (Status s = write(); !s.ok()) return s;
  std::cerr << visible_lines(bad.report(name) + notes.report(name)) << written
            << " changes written, " << unknown << " of them for ads that the index does not have, "
            << bad.count() << " lines reported; engines that follow " << visible(options.out)
            << " take them at once, others when they start\n";
  const bool nothing = written == 0 && bad.count() > 0;
  return nothing || (options.strict && bad.count() > 0) ? kExitBadData : kExitOk;
}

Result<int> rebuild(const IndexFlags& options) {
  if (!std::filesystem::exists(options.out + "/ads.store")) {
    return not_found(options.out + ": is no index; barker index --ads makes one");
  }
  if (Status s = rebuild_index(options.out); !s.ok()) return s;
  std::cerr << visible(options.out) << " is built anew, with its changes\n";
  return kExitOk;
}

Result<int> run(const IndexFlags& options) {
  const int tasks = !options.ads.empty() + !options.update.empty() + options.rebuilds;
  if (tasks != 1 && !options.mines) {
    return invalid_argument(
        "expected one of --ads FILE (a new index), --update FILE (changes of an index) and "
        "--rebuild");
  }
  if (options.ads.empty() && !options.mines &&
      (!options.mined.empty() || options.language->count() > 0)) {
    return invalid_argument(
        "--mined and --language: expected --ads beside them; an index keeps what it was built "
        "with");
  }
  if (!options.update.empty()) return update(options);
  if (options.rebuilds) return rebuild(options);
  if (options.mines) {
    return invalid_argument(
        "--mine-selling-points: people decide what stands before a title; type barker mine --ads "
        "FILE --out MINED, add \"accepted\": true to its good lines, then type barker index "
        "--mined MINED");
  }
  if (options.ads == "-" && options.mined == "-") {
    return invalid_argument("--mined: standard input is the catalogue already; expected a file");
  }
  if (options.accepts_all && options.mined.empty()) {
    return invalid_argument("--accept-all: expected --mined FILE beside it");
  }
  return build(options);
}

}  // namespace

Command add_index_command(CLI::App& app) {
  const auto options = std::make_shared<IndexFlags>();
  CLI::App* command = add_subcommand(
      app, "index", "Build an index from a catalogue (index/catalogue/CATALOGUE.md)");
  command
      ->add_option("--ads", options->ads,
                   "Catalogue as JSON Lines, plain or gzip; - reads standard input")
      ->type_name(kFile)
      ->group(kInput);
  command
      ->add_option("--update", options->update,
                   "Instead of --ads: changes of the index's ads, a JSON object a line; - reads "
                   "standard input")
      ->type_name(kFile)
      ->group(kInput);
  command
      ->add_flag("--rebuild", options->rebuilds,
                 "Instead of --ads: build the index anew of its own ads and their changes")
      ->group(kInput);
  command->add_flag("--strict", options->strict, "Exit with 65 when a line could not be used")
      ->group(kInput);
  command
      ->add_option("--mined", options->mined,
                   "Proposals of `barker mine`; ads without selling points get the accepted ones")
      ->type_name(kFile)
      ->group(kInput);
  command
      ->add_flag("--accept-all", options->accepts_all,
                 "Take every line of --mined, read by nobody; for experiments only")
      ->group(kInput);
  options->language =
      command
          ->add_option("--language", options->rules.languages,
                       "Languages whose words match in all their endings, such as en,de")
          ->delimiter(',')
          ->check(CLI::IsMember(stemmed_languages()))
          ->capture_default_str()
          ->group(kInput);
  // Hidden from help and completion: it only says what to type instead.
  command->add_flag("--mine-selling-points", options->mines)->group("");
  command->add_option("--out", options->out, "Directory of the index to write or to change")
      ->required()
      ->type_name(kDirectory)
      ->group(kOutput);
  return [options] { return run(*options); };
}

}  // namespace barker
