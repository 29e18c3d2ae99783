// The click world: searches, tag bars and ads of users whose tastes are known. The true click
// probability of every event is therefore known, and the AUC of a model can be compared with the
// best possible one.
//
// Everything lives in a latent space of d taste axes. t_u is the taste of a user, m_c says how much
// each axis matters in category c, g_w is the meaning of a keyword, z_s the intent of a search, and
// h_w the appeal of a keyword to everybody:
//
//   utility   s(u, s, w) = alpha (t_u o m_c) . g_w + beta z_s . g_w + gamma h_w
//   main      P(SF v clicked)  = sigma(b_main + s(u, s, v))
//   auxiliary P(ad a clicked)  = sigma(b_aux + lambda U + eta_a),
//             U = sum_j softmax_j(s_j / tau) s_j over the title's words, so that the most
//             attractive words of a title count most
//
// Each part of the world and each user has a random stream of its own: a different number of items
// does not change the users, and a different number of users does not change the world. Users are
// made one after the other, so memory does not grow with their number.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "models/base/result.h"
#include "models/data/events.h"

namespace barker {

// The defaults are world S1. Its click rates are those of a log that keeps only a part of the
// impressions without a click.
struct ClickWorldOptions {
  uint64_t seed = 1;
  uint32_t users = 18000;
  uint32_t categories = 20;
  uint32_t axes = 4;              // d
  uint32_t feature_words = 1000;  // words that are SFs and SPs; a tenth of them fits every category
  uint32_t title_words = 1500;    // words that only titles have: product nouns, brands, filler
  uint32_t items = 10000;
  uint32_t queries = 2000;
  double searches = 13, activity_sigma = 0.9;  // of a user, log-normal with this mean
  double bar_share = 0.18, bar_shape = 0.5;    // P(a search shows the tag bar) ~ Gamma, by user
  uint32_t ads_per_search = 5, sfs_per_bar = 4;
  double alpha = 3.2, beta = 1.4, gamma = 0.8, main_bias = -3.0;
  double lambda = 0.9, aux_bias = -4.4, tau = 1;
  double quality_sigma = 0.8;       // of eta_a
  double coherence = 3.0;           // how well titles describe their items
  double demographic_share = 0.35;  // rho: of the taste's variance
  double context_share = 0.35;      // omega: of the intent, by price band, cluster, season
  double zipf = 0.8;                // exposure of keywords
  bool position_bias = false;       // bar places are looked at with probability 1 / sqrt(place)
};

struct WorldUser {
  uint32_t number = 0;
  std::vector<double> base, taste;  // [d] what demographics say (standardised), t_u
  std::vector<uint32_t> demographics, tags;
};

struct WorldSearch {
  double time = 0;  // share of the period, 0..1, ascending for a user
  uint32_t category = 0, query = 0, season = 0;
  std::vector<double> intent;  // z_s [d]
  std::vector<uint32_t> sfs, ads;
  std::vector<double> sf_truth, ad_truth;  // P(click), that it is looked at included
  std::vector<uint8_t> sf_clicked, ad_clicked;
};

// Says what is wrong with options that no world can be made of (invalid_argument).
Status check_click_world(const ClickWorldOptions& options);

// Immutable after construction; any thread.
class ClickWorld {
 public:
  // If check_click_world() refuses the options, the world is empty and status() says why.
  explicit ClickWorld(const ClickWorldOptions& options);

  const Status& status() const { return status_; }
  const ClickWorldOptions& options() const { return o_; }

  // Calls visit(user, searches) for one user after the other, until a call fails. Returns status()
  // if there is no world.
  Status for_each_user(
      const std::function<Status(const WorldUser&, const std::vector<WorldSearch>&)>& visit) const;

  // The same as events of a log: users one after the other, the searches of each in time order.
  Status generate(const std::function<Status(const SearchEvent&)>& sink) const;

  // s(u, s, w) for a taste that need not be the user's own.
  double utility(std::span<const double> taste, const WorldSearch& search, uint32_t word) const;
  // U of a title. If `slope` is not empty, it becomes dU / dtaste [d].
  double title_utility(std::span<const double> taste, const WorldSearch& search, uint32_t item,
                       std::span<double> slope = {}) const;
  // ds / dtaste = alpha m_c o g_w, [d].
  void utility_slope(const WorldSearch& search, uint32_t word, std::span<double> slope) const;

  std::span<const double> meaning(uint32_t word) const {  // g_w
    return {meaning_.data() + size_t{word} * o_.axes, o_.axes};
  }
  // P(the SF at a place of the bar, from 0, is looked at): 1 without position bias.
  double look_probability(size_t place) const {
    return o_.position_bias ? 1 / std::sqrt(static_cast<double>(place + 1)) : 1;
  }
  double quality(uint32_t item) const { return quality_[item]; }  // eta_a
  std::span<const uint32_t> title(uint32_t item) const { return titles_[item]; }
  std::string word(uint32_t w) const;  // "f17" for feature words, "t203" for others

 private:
  void make_keywords();
  void make_tastes();
  void make_queries();
  void make_items();
  WorldUser make_user(uint32_t number, class Random& random) const;
  std::vector<WorldSearch> make_searches(const WorldUser& user, Random& random) const;
  void show_bar(const WorldUser& user, Random& random, WorldSearch& search) const;
  void show_ads(const WorldUser& user, Random& random, WorldSearch& search) const;
  SearchEvent event_of(const WorldUser& user, const WorldSearch& search, size_t number) const;

  ClickWorldOptions o_;
  Status status_;
  std::vector<double> meaning_, appeal_, exposure_;       // [words, d], [words], [words]
  std::vector<std::vector<uint32_t>> category_features_;  // own feature words, then generic ones
  std::vector<std::vector<uint32_t>> category_nouns_, category_fillers_;
  uint32_t generic_ = 0;                          // feature words below this fit every category
  std::vector<double> modulation_;                // m_c [categories, d]
  std::vector<std::vector<double>> demographic_;  // [group][level * d + axis]
  double base_deviation_ = 1;                     // of the sum of demographic vectors
  std::vector<double> tag_;                       // [tags, d]
  struct Query {
    uint32_t category, price, cluster;
    std::vector<uint32_t> words;
    std::vector<double> attributes;  // normalised sum of its attribute words' meaning; empty: none
  };
  std::vector<Query> queries_;
  std::vector<std::vector<double>> context_;  // [price, cluster, season][level * d + axis]
  // Draws members of a category by popularity; `cumulative` holds the sums of their weights.
  struct Lottery {
    std::vector<uint32_t> members;
    std::vector<double> cumulative;
    uint32_t draw(double uniform) const;
  };
  std::vector<Lottery> query_lottery_, item_lottery_;  // by category
  std::vector<std::vector<uint32_t>> titles_;
  std::vector<double> quality_;
};

}  // namespace barker
