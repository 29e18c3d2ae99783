// From events to columns: queries and titles become keywords, and each search notes how much of its
// user's history lies before it.
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <unordered_set>

#include "models/base/digest.h"
#include "models/data/dataset_columns.h"
#include "models/data/dataset_exposure.h"
#include "models/data/event_reader.h"
#include "models/data/time_check.h"
#include "models/text/group_name.h"
#include "models/text/keywords.h"
#include "models/weights/groups.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {

std::string DatasetOptions::temporary_beside(const std::string& path) const {
  return scratch.empty() ? path : scratch + "/barker";
}

MergedLogOptions DatasetOptions::log_options(const std::string& path) const {
  return {encoding, temporary_beside(path), sort_memory};
}

struct DatasetBuilder::Impl {
  Impl(std::string file, const std::vector<std::string>& phrases)
      : path(std::move(file)), splitter(phrases) {
    columns.phrases = splitter.phrase_list();
  }

  Status create_columns() {
    const std::string beside = columns.options.temporary_beside(path);
    for (const Status& s : {columns.searches.create(beside), columns.clicks.create(beside),
                            columns.history.create(beside), columns.sfs.create(beside),
                            columns.ads.create(beside), columns.query.create(beside),
                            columns.given.create(beside), columns.given_sf.create(beside),
                            columns.points.create(beside), columns.groups.create(beside)}) {
      if (!s.ok()) return s;
    }
    columns.categories.id("");
    return {};
  }

  Status add(const SearchEvent& event) {
    for (const FeatureGroup& group : event.groups) {
      const auto same = [&](const FeatureGroup& other) { return other.name == group.name; };
      if (std::ranges::count_if(event.groups, same) > 1) {
        return bad_data("groups." + group.name + ": named twice");
      }
      if (!is_group_name(group.name)) {
        return bad_data(std::string("groups: expected ") + kGroupNameRule + ", found \"" +
                        group.name + "\"");
      }
      if (is_reserved_group(group.name)) {
        return bad_data("groups." + group.name + ": this name is reserved");
      }
    }
    const uint32_t user = columns.users.id(event.user);
    if (user >= columns.streams.size()) columns.streams.resize(user + 1);
    DatasetColumns::UserStream& stream = columns.streams[user];
    if (event.time < stream.newest_time) {
      return bad_data("time: " + std::to_string(event.time) +
                      " is before the user's last event at " + std::to_string(stream.newest_time));
    }
    stream.newest_time = event.time;
    add_history(stream, event.time);
    if (!event.history_only) add_search(event, user, stream);
    add_clicks(event, user, stream);
    ++columns.events;
    return {};
  }

  void add_search(const SearchEvent& event, uint32_t user, DatasetColumns::UserStream& stream) {
    if (stream.moments == 0 || event.time > stream.newest_search) ++stream.moments;
    stream.newest_search = event.time;
    SpooledSearch search{};
    search.time = event.time;
    search.user = user;
    search.category = columns.categories.id(event.category);
    search.split = split_of(event);
    search.moment = stream.moments - 1;
    search.history_end = stream.tokens;
    search.sf_history_end = stream.sf_tokens;
    if (event.user_keywords) {
      search.has_given = 1;
      search.given_count = append_reversed(*event.user_keywords, columns.given);
    }
    for (const uint32_t keyword : query_keywords(event)) {
      columns.query.append(keyword);
      ++search.query_count;
    }
    add_impressions(event, search);
    add_groups(event, search);
    const std::string key = event.user + '\0' + std::to_string(event.time);
    search.lot = static_cast<uint32_t>(XXH3_64bits(key.data(), key.size()));
    columns.searches.append(search);
  }

  void add_impressions(const SearchEvent& event, SpooledSearch& search) {
    const auto add = [](auto& to, uint32_t what, uint32_t number, const auto& shown,
                        double propensity, size_t points) {
      to.append({what, static_cast<float>(shown.true_probability),
                 static_cast<uint8_t>(shown.clicked), spooled_propensity(propensity),
                 shown.position > 0 ? shown.position : number, static_cast<uint32_t>(points)});
    };
    for (const SfImpression& sf : event.sfs) {
      add(columns.sfs, keyword_id(sf.text), ++search.sf_count, sf, sf.propensity, 0);
    }
    for (const AdImpression& ad : event.ads) {
      for (const std::string& point : ad.selling_points) columns.points.append(keyword_id(point));
      add(columns.ads, title_id(ad), ++search.ad_count, ad, ad.sp_propensity,
          ad.selling_points.size());
    }
  }

  void add_groups(const SearchEvent& event, SpooledSearch& search) {
    const auto is_sf_history = [](const FeatureGroup& group) {
      return group_source(group.name) == GroupSource::kSfHistory;
    };
    const auto given_sf = std::ranges::find_if(event.groups, is_sf_history);
    if (given_sf != event.groups.end()) {
      search.has_given_sf = 1;
      search.given_sf_count = append_reversed(given_sf->tokens, columns.given_sf);
    }
    columns.groups.append(static_cast<uint32_t>(event.groups.size()) -
                          uint32_t{given_sf != event.groups.end()});
    for (const FeatureGroup& group : event.groups) {
      if (is_sf_history(group)) continue;
      columns.groups.append(columns.group_names.id(group.name));
      columns.groups.append(static_cast<uint32_t>(group.tokens.size()));
      for (const std::string& token : group.tokens) {
        columns.groups.append(columns.features.id(group.name + "=" + token));
      }
      for (size_t i = 0; i < group.tokens.size(); ++i) {
        columns.groups.append(
            std::bit_cast<uint32_t>(group.weights.empty() ? 1.0f : group.weights[i]));
      }
    }
  }

  void add_clicks(const SearchEvent& event, uint32_t user, DatasetColumns::UserStream& stream) {
    // The clicks of a line that is history alone stand in training, unless it is newer than all
    // that the user searched.
    const uint32_t moment = stream.moments - (event.history_only || stream.moments == 0 ? 0 : 1);
    const auto add_click = [&](int64_t time, uint32_t keyword, bool is_sf) {
      columns.clicks.append({event.time, user, keyword, moment, split_of(event)});
      const auto later =
          std::ranges::upper_bound(stream.pending, time, {}, &DatasetColumns::PendingClick::time);
      stream.pending.insert(later, {time, {user, keyword, static_cast<uint8_t>(is_sf)}});
    };
    for (const SfImpression& sf : event.sfs) {
      if (sf.clicked) add_click(sf.click_time.value_or(event.time), keyword_id(sf.text), true);
    }
    for (const AdImpression& ad : event.ads) {
      if (!ad.clicked) continue;
      for (const uint32_t keyword : columns.titles[title_id(ad)]) {
        add_click(ad.click_time.value_or(event.time), keyword, false);
      }
    }
  }

  // What was clicked before the time becomes history.
  void add_history(DatasetColumns::UserStream& stream, int64_t time) {
    const auto end =
        std::ranges::lower_bound(stream.pending, time, {}, &DatasetColumns::PendingClick::time);
    for (auto click = stream.pending.begin(); click != end; ++click)
      add_token(stream, click->token);
    stream.pending.erase(stream.pending.begin(), end);
  }

  void add_token(DatasetColumns::UserStream& stream, const SpooledToken& token) {
    columns.history.append(token);
    ++stream.tokens;
    stream.sf_tokens += token.is_sf;
  }

  // What was clicked and never searched after.
  void add_last_history() {
    for (DatasetColumns::UserStream& stream : columns.streams) {
      for (const DatasetColumns::PendingClick& click : stream.pending) {
        add_token(stream, click.token);
      }
      stream.pending = {};
    }
  }

  static uint8_t split_of(const SearchEvent& event) {
    return event.split ? static_cast<uint8_t>(*event.split) : kSplitByTime;
  }

  uint32_t keyword_id(const std::string& text) {
    const auto known = normalized.find(text);
    if (known != normalized.end()) return known->second;
    const uint32_t id = columns.keywords.id(normalize_keyword(text));
    normalized.emplace(text, id);
    return id;
  }

  // A log gives histories newest first. They are stored oldest first.
  uint32_t append_reversed(const std::vector<std::string>& tokens, Spool<uint32_t>& to) {
    for (size_t i = tokens.size(); i-- > 0;) to.append(keyword_id(tokens[i]));
    return static_cast<uint32_t>(tokens.size());
  }

  const std::vector<uint32_t>& query_keywords(const SearchEvent& event) {
    if (event.query_keywords) {
      scratch.clear();
      for (const std::string& keyword : *event.query_keywords) {
        scratch.push_back(keyword_id(keyword));
      }
      return scratch;
    }
    const auto [at, is_new] = queries.try_emplace(event.query);  // popular queries are split once
    if (is_new) {
      for (const Keyword& keyword : splitter.split(event.query)) {
        at->second.push_back(columns.keywords.id(keyword.text));
      }
    }
    return at->second;
  }

  uint32_t title_id(const AdImpression& ad) {
    // The same ad is shown many times. Its words identify it, because a log may have no ids.
    std::string key = ad.title;
    for (const std::string& keyword : ad.keywords) (key += '\x1f') += keyword;
    const auto [at, is_new] =
        title_ids.try_emplace(std::move(key), static_cast<uint32_t>(columns.titles.size()));
    if (is_new) {
      std::vector<uint32_t> ids;
      for (const std::string& keyword : ad.keywords) ids.push_back(keyword_id(keyword));
      if (ad.keywords.empty()) {
        for (const Keyword& keyword : splitter.split(ad.title)) {
          ids.push_back(columns.keywords.id(keyword.text));
        }
      }
      columns.titles.push_back(std::move(ids));
    }
    return at->second;
  }

  std::string path;
  KeywordSplitter splitter;
  DatasetColumns columns;
  std::unordered_map<std::string, uint32_t> normalized, title_ids;
  std::unordered_map<std::string, std::vector<uint32_t>> queries;
  std::vector<uint32_t> scratch;
};

DatasetBuilder::DatasetBuilder() = default;
DatasetBuilder::~DatasetBuilder() = default;
DatasetBuilder::DatasetBuilder(DatasetBuilder&&) noexcept = default;
DatasetBuilder& DatasetBuilder::operator=(DatasetBuilder&&) noexcept = default;

Result<DatasetBuilder> DatasetBuilder::create(const std::string& path,
                                              const DatasetOptions& options,
                                              const std::vector<std::string>& phrases) {
  DatasetBuilder builder;
  builder.impl_ = std::make_unique<Impl>(path, phrases);
  builder.impl_->columns.options = options;
  if (Status s = builder.impl_->create_columns(); !s.ok()) return s;
  return builder;
}

Status DatasetBuilder::add(const SearchEvent& event) { return impl_->add(event); }

Status DatasetBuilder::finish(std::string_view digest) {
  impl_->add_last_history();
  return write_dataset(impl_->columns, digest, impl_->path);
}

namespace {

// All keywords that the log itself names. The splitter takes those of several words.
void add_keywords(const SearchEvent& event, std::unordered_set<std::string>& to) {
  for (const SfImpression& sf : event.sfs) to.insert(sf.text);
  for (const AdImpression& ad : event.ads) {
    to.insert(ad.keywords.begin(), ad.keywords.end());
    to.insert(ad.selling_points.begin(), ad.selling_points.end());
  }
  for (const auto& given : {&event.query_keywords, &event.user_keywords}) {
    if (given->has_value()) to.insert((*given)->begin(), (*given)->end());
  }
  for (const FeatureGroup& group : event.groups) {
    if (holds_keywords(group_source(group.name)))
      to.insert(group.tokens.begin(), group.tokens.end());
  }
}

// What must be known of a log before its events are added.
struct FirstPass {
  std::unordered_set<std::string> phrases;
  std::string digest;  // XXH3-128 of the lines, hexadecimal
  TimeCheck times;
};

Result<FirstPass> read_first(const MergedLog& log, const DatasetOptions& options) {
  FirstPass first;
  DigestStream digest;
  Result<EventLines> lines = log.lines();
  if (!lines.ok()) return lines.status();
  LogLine line;
  while (lines->next(line)) {
    digest.add(line.text.data(), line.text.size());
    digest.add("\n", 1);
    const Result<SearchEvent> event = parse_event(line.text, options.encoding);
    if (!event.ok()) continue;  // reported in the second pass
    add_keywords(*event, first.phrases);
    first.times.add(event->time);
  }
  if (!lines->status().ok()) return lines->status();
  first.times.finish();
  first.digest = to_text(digest.digest());
  return first;
}

}  // namespace

Status build_dataset(const MergedLog& log, const std::string& path, const DatasetOptions& options,
                     BadLines& bad) {
  if (options.notice && !log.notice().empty()) options.notice(log.notice());
  const Result<FirstPass> first = read_first(log, options);
  if (!first.ok()) return first.status();
  Result<DatasetBuilder> builder =
      DatasetBuilder::create(path, options, {first->phrases.begin(), first->phrases.end()});
  if (!builder.ok()) return builder.status();
  const auto use = [&](const SearchEvent& event, size_t) {
    const std::string wrong = first->times.wrong(event.time);
    return wrong.empty() ? builder->add(event) : bad_data(wrong);
  };
  const Status read = read_events(log, options.encoding, options.max_bad_share, use, bad);
  return read.ok() ? builder->finish(first->digest) : read;
}

Status build_dataset(const std::vector<std::string>& log, const std::string& path,
                     const DatasetOptions& options, BadLines& bad) {
  const Result<MergedLog> opened = MergedLog::open(log, options.log_options(path));
  return opened.ok() ? build_dataset(*opened, path, options, bad) : opened.status();
}

Result<std::shared_ptr<const Dataset>> open_dataset_or_log(std::vector<RepeatableLog> files,
                                                           const std::string& scratch,
                                                           const DatasetOptions& options,
                                                           BadLines& bad) {
  for (const RepeatableLog& file : files) {
    if (!Dataset::is_dataset(file.path())) continue;
    if (files.size() > 1) {
      return invalid_argument(file.name() + ": is a dataset, and only event logs can be merged");
    }
    if (options.main_share < 1) {
      return invalid_argument(file.name() +
                              ": a share of the main events is taken when a dataset is made");
    }
    if (options.held_out.is_any()) {
      return invalid_argument(file.name() + ": words are held out of a dataset when it is made");
    }
    if (options.split.kind != SplitRule::Kind::kLog) {
      return invalid_argument(file.name() +
                              ": is a dataset, which was split when it was made; split its log");
    }
    return Dataset::open(file.path());
  }
  const Result<MergedLog> log = MergedLog::open(std::move(files), options.log_options(scratch));
  if (!log.ok()) return log.status();
  const std::string made =
      options.temporary_beside(scratch) + ".dataset." + std::to_string(getpid());
  if (Status s = build_dataset(*log, made, options, bad); !s.ok()) return s;
  Result<std::shared_ptr<const Dataset>> dataset = Dataset::open(made);
  unlink(made.c_str());  // the mapping keeps the bytes
  return dataset;
}

Result<std::shared_ptr<const Dataset>> open_dataset_or_log(const std::vector<std::string>& paths,
                                                           const std::string& scratch,
                                                           const DatasetOptions& options,
                                                           BadLines& bad) {
  std::vector<RepeatableLog> files;
  for (const std::string& path : paths) {
    Result<RepeatableLog> log = RepeatableLog::open(path, options.temporary_beside(scratch));
    if (!log.ok()) return log.status();
    files.push_back(std::move(*log));
  }
  return open_dataset_or_log(std::move(files), scratch, options, bad);
}

}  // namespace barker
