#include "index/engine/engine_session.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "index/engine/engine_parts.h"
#include "index/engine/read_answer.h"
#include "index/engine/stored_ad.h"
#include "index/engine/user_request.h"
#include "models/text/text.h"
#include "plugin/host/names.h"

namespace barker {
namespace {

std::string_view view(const flatbuffers::String& text) { return {text.c_str(), text.size()}; }

class Stopwatch {
 public:
  double lap() {  // microseconds since the last lap
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::micro> took = now - last_;
    last_ = now;
    return took.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

// The title as its merchant wrote it, cleaned and escaped as HTML, which is safe in whatever format
// the plugin writes titles.
std::string untouched_title(const barker_string& title) {
  std::string out;
  append_html_escaped(visible(as_view(title)), out);
  return out;
}

}  // namespace

barker_ad& add_stored_ad(const fbs::StoredAd& stored, Session& to) {
  barker_ad& ad = to.add_ad();
  ad.id = as_string(view(*stored.id()));
  ad.title = as_string(view(*stored.title()));
  ad.bid = stored.bid();
  ad.title_keywords = stored.title_words()->data();
  ad.title_keyword_count = stored.title_words()->size();
  if (stored.merchant()) ad.merchant = as_string(view(*stored.merchant()));
  if (stored.category()) ad.category = as_string(view(*stored.category()));
  ad.flags = stored.opt_out() ? BARKER_AD_OPT_OUT : 0;
  for (const fbs::StoredSellingPoint* point : *stored.selling_points()) {
    to.add_selling_point(view(*point->text()), point->fingerprint());
  }
  return ad;
}

EngineSession::EngineSession(const Engine& engine, uint64_t seed)
    : engine_(engine.parts()),
      first_pass_(engine_),
      plugin_(*engine_.api, engine_.plugin),
      bar_(*engine_.api, engine_.plugin, engine_.has_rules),
      random_(seed, /*stream=*/0) {}

// The catalogue of a query is let go when it is answered, because the next may come much later.
Result<SearchResult> EngineSession::search(const std::string& query, const Profile& user,
                                           const SearchOptions& options) {
  Result<SearchResult> page = answer(query, user, options);
  first_pass_.end();
  return page;
}

Result<SearchResult> EngineSession::answer(const std::string& query, const Profile& user,
                                           const SearchOptions& options) {
  if (options.explain) {
    if (Status s = plugin_.check_can_explain(); !s.ok()) return s;
  }
  SearchResult page;
  page.query = sanitize_utf8(query);
  page.user = user.user;
  Stopwatch watch;
  first_pass_.analyse(page.query);
  page.times.analyse = watch.lap();
  if (Status s = first_pass_.find(engine_.limit, options.features); !s.ok()) return s;
  page.times.first_pass = watch.lap();
  fill_request(page, user);
  plugin_.request().deadline_ns = options.deadline_ns;
  plugin_.request().shown = options.shown;
  plugin_.request().visitor = as_string(options.visitor);
  plugin_.request().seed = random_.next();
  plugin_.request().surface = as_string(options.surface);
  page.times.fetch = watch.lap();
  const Status rescored =
      options.explain ? plugin_.rescore_and_explain(page.explanation) : plugin_.rescore();
  page.times.rescore = watch.lap();
  page.auction = first_pass_.record();
  if (rescored.ok()) {
    read_answer(page);
  } else {
    show_first_pass(page, rescored);
  }
  set_prices(page);
  watch.lap();
  if (Status s = offer_features(options, page); !s.ok()) {
    // A page without its bar is better than none.
    page.features.clear();
    const std::string warning = "a page has no feature bar: " + s.message();
    log_to_stderr(nullptr, BARKER_LOG_WARNING, as_string(warning));
  }
  page.times.features = watch.lap();
  return page;
}

// Of the ads of the first pass. A query that the plugin refuses has no bar.
Status EngineSession::offer_features(const SearchOptions& options, SearchResult& page) {
  if (options.bar.count == 0 || page.reason == "refused") return {};
  bar_.start();
  for (uint32_t i = 0; i < first_pass_.candidates().size(); ++i) {
    const AdPlace& place = first_pass_.candidates()[i].place;
    const fbs::StoredAd& ad = first_pass_.snapshot().segment(place).stored(place.ad);
    const std::string_view category = ad.category() ? view(*ad.category()) : std::string_view();
    for (const auto* features : {ad.selling_points(), ad.features()}) {
      if (!features) continue;
      for (const fbs::StoredSellingPoint* feature : *features) {
        const bool is_asked = first_pass_.asks_for(feature->fingerprint());
        if (is_asked) continue;
        bar_.add(view(*feature->text()), feature->fingerprint(), i, category);
      }
    }
  }
  return bar_.choose(plugin_.complete_request(), options.bar, random_, page.features);
}

void EngineSession::fill_request(const SearchResult& page, const Profile& user) {
  start_request(page.query, user, engine_.user_states, plugin_);
  plugin_.request().catalogue = first_pass_.snapshot().parts.front().segment->handle();
  for (const AdCandidate& candidate : first_pass_.candidates()) add_ad(candidate);
}

// An ad that the plugin knows from its catalogue is named by its number. Id and title are for this
// session's own use. Ads that are newer than the index are given whole, as are those whose
// merchants had opted out when the plugin learned of them and have not any more.
void EngineSession::add_ad(const AdCandidate& candidate) {
  const LiveSegment& segment = first_pass_.snapshot().segment(candidate.place);
  const fbs::StoredAd& stored = segment.stored(candidate.place.ad);
  const bool opt_out = segment.opt_out(candidate.place.ad);
  const bool is_known = segment.handle() != 0 && (opt_out || !stored.opt_out());
  barker_ad& ad = is_known ? plugin_.add_ad() : add_stored_ad(stored, plugin_);
  if (is_known) {
    ad.id = as_string(view(*stored.id()));
    ad.title = as_string(view(*stored.title()));
    ad.catalogue_ad = candidate.place.ad + 1;
  }
  ad.flags = opt_out ? BARKER_AD_OPT_OUT : 0;
  ad.first_pass_score = candidate.relevance;
  ad.bid = candidate.bid;
}

// By the plugin's score where it ordered the page. Otherwise the bids ordered the bid matches, and
// the texts the ads behind them, so that a bid did not count there.
void EngineSession::set_prices(SearchResult& page) {
  const bool is_rescored =
      std::ranges::any_of(page.ads, [](const AdShown& ad) { return ad.is_rescored; });
  auction_ads_.clear();
  for (const AdShown& ad : page.ads) {
    const bool is_bid_match = first_pass_.candidates()[ad.first_pass_rank - 1].term != kNoTerm;
    auction_ads_.push_back({.bid = ad.bid,
                            .score = is_rescored ? ad.score : ad.bid,
                            .ranked = is_rescored ? ad.is_rescored : is_bid_match,
                            .bid_counts = is_rescored || is_bid_match});
  }
  prices_.resize(page.ads.size());
  const double exponent = is_rescored ? engine_.bid_exponent : 1;
  second_prices(auction_ads_, {exponent, page.auction.reserve, page.auction.cut}, prices_);
  for (size_t i = 0; i < prices_.size(); ++i) page.ads[i].price = prices_[i];
}

// How an ad came into the auction.
void EngineSession::show_match(const AdCandidate& candidate, AdShown& shown) const {
  if (candidate.term == kNoTerm) return;
  const LiveSegment& segment = first_pass_.snapshot().segment(candidate.place);
  const BidBook::Term term = segment.files().bids().book().term(candidate.term);
  shown.match = match_name(term.match);
  shown.term = term.text;
}

std::string EngineSession::text_of(const AnsweredAd& answer, const barker_chosen& chosen) const {
  const AdPlace& place = first_pass_.candidates()[answer.index].place;
  const fbs::StoredAd& stored = first_pass_.snapshot().segment(place).stored(place.ad);
  return stored.selling_points()->Get(chosen.index)->text()->str();
}

void EngineSession::read_answer(SearchResult& page) const {
  read_outcome(plugin_, page);
  page.ads.reserve(plugin_.size());
  for (size_t rank = 0; rank < plugin_.size(); ++rank) {
    const AnsweredAd answer = plugin_.answer(rank);
    AdShown& shown = page.ads.emplace_back(read_ad(plugin_, rank));
    show_match(first_pass_.candidates()[answer.index], shown);
    for (size_t k = 0; k < answer.chosen.size(); ++k) {
      shown.selling_points[k].text = text_of(answer, answer.chosen[k]);
    }
  }
}

// The plugin does not read a request beyond its limits, such as a query of a book's length. That is
// no reason for an empty page.
void EngineSession::show_first_pass(SearchResult& page, const Status& why) const {
  const std::string warning = "the plugin refused the query: " + why.message();
  log_to_stderr(nullptr, BARKER_LOG_WARNING, as_string(warning));
  page.status = status_name(BARKER_STATUS_BYPASSED);
  page.reason = "refused";
  const std::span<const barker_ad> ads = plugin_.ads();
  for (size_t i = 0; i < ads.size(); ++i) {
    page.ads.push_back(show_ad(ads[i], i + 1, i + 1, untouched_title(ads[i].title)));
    show_match(first_pass_.candidates()[i], page.ads.back());
  }
}

}  // namespace barker
