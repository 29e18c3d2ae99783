#include "models/simulate/marketplace.h"

#include <nlohmann/json.hpp>

#include "models/base/output_file.h"
#include "models/simulate/market.h"
#include "models/simulate/marketplace_bids.h"
#include "models/text/fingerprint.h"
#include "models/weights/groups.h"

namespace barker {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kSearches = 3;  // stream of the log; market.cpp has the others
constexpr size_t kRichQueries = 2000;

std::string catalogue_line(const MarketAd& ad, MarketBids& bids) {
  const MarketCategory& c = market_categories()[ad.category];
  std::vector<std::string> points;
  for (const size_t p : ad.points) points.push_back(c.points[p].text);
  Json json = {{"id", ad.id}, {"title", ad.title}};
  bids.add({c, ad.noun, points, ad.bid}, json);
  json["category"] = c.name;
  json["brand"] = ad.brand;
  json["selling_points"] = points;
  if (ad.opt_out) json["opt_out"] = true;
  return json.dump() + "\n";
}

class MarketWriter {
 public:
  explicit MarketWriter(const MarketplaceOptions& options)
      : options_(options),
        market_(options),
        shoppers_(market_.shoppers()),
        bids_(options.seed, options.is_rich) {}

  void write_catalogue(OutputFile& out) {
    for (const MarketAd& ad : market_.ads()) out.write(catalogue_line(ad, bids_));
  }

  void write_events(OutputFile& out) {
    Random random(options_.seed, kSearches);
    std::string line;
    for (uint32_t i = 0; i < options_.searches; ++i) {
      // The named users search often, so that the log says much about them.
      Shopper& user =
          shoppers_[random.chance(0.02) ? random.below(5) : random.below(shoppers_.size())];
      const SearchEvent event = market_.random_search(user, i, random);
      line.clear();
      append_event(event, line);
      out.write(line);
      market_.remember(user, event);
    }
  }

  void write_users(OutputFile& out) const {
    for (const Shopper& user : shoppers_) {
      const Json json = {
          {"user", user.id},
          {"keywords", user.history},
          {"groups", {{"profile", user.profile}, {kSfHistoryGroup, user.clicked_sfs}}}};
      out.write(json.dump() + "\n");
    }
  }

  // After the catalogue, whose rich terms some of the queries are.
  void write_queries(OutputFile& out) {
    for (const MarketCategory& c : market_categories()) {
      for (const std::string& noun : c.nouns) out.write(noun + "\n");
    }
    for (const std::string& query : bids_.rich_queries(kRichQueries)) out.write(query + "\n");
  }

 private:
  const MarketplaceOptions& options_;
  const Market market_;
  std::vector<Shopper> shoppers_;  // with what they clicked so far
  MarketBids bids_;
};

}  // namespace

Status write_marketplace(const MarketplaceOptions& options, const std::string& directory) {
  if (options.users < 5 || options.ads < market_categories().size()) {
    return invalid_argument("marketplace: expected at least 5 users and " +
                            std::to_string(market_categories().size()) + " ads, found " +
                            std::to_string(options.users) + " and " + std::to_string(options.ads));
  }
  MarketWriter market(options);
  const auto write = [&](const char* name, auto body) {
    OutputFile out = OutputFile::in(directory, name);
    body(out);
    return out.close();
  };
  if (Status s = write("catalogue.jsonl", [&](OutputFile& o) { market.write_catalogue(o); });
      !s.ok())
    return s;
  if (Status s = write("events.jsonl", [&](OutputFile& o) { market.write_events(o); }); !s.ok())
    return s;
  if (Status s = write("users.jsonl", [&](OutputFile& o) { market.write_users(o); }); !s.ok())
    return s;
  return write("queries.txt", [&](OutputFile& o) { market.write_queries(o); });
}

Status write_catalogue(const std::vector<MarketAd>& ads, uint64_t seed, const std::string& path) {
  OutputFile out(path);
  for (const MarketAd& ad : ads) {
    MarketBids bids(seed ^ fingerprint(ad.id), false);
    out.write(catalogue_line(ad, bids));
  }
  return out.close();
}

}  // namespace barker
