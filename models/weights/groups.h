// The groups of features that a network pools (Eq. 4), and what fills each of them.
//
// A group is known by its name. Four names have a fixed source; every other name is a group of the
// log and of the request. The trainer's batches, the offline scorer and the plugin fill groups by
// this one rule, so that a model meets the same features wherever it runs:
//
//   name     in training and offline (a search of the log)  in serving (plugin/barker.h)
//   hist     keywords the user clicked before, newest last  request group "hist" if it is given,
//                                                           else request.user_keywords
//   query    keywords of the query                          request.query, split into keywords
//   sfhist   the clicked SFs among the keywords of hist     request group "sfhist"
//   uid      the user's id, as one hashed feature           request group "uid" if it is given,
//                                                           else request.user
//   other    the log's group of that name                   the request's group of that name
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "models/text/fingerprint.h"

namespace barker {

inline constexpr char kHistoryGroup[] = "hist";
inline constexpr char kQueryGroup[] = "query";
inline constexpr char kSfHistoryGroup[] = "sfhist";
inline constexpr char kUserIdGroup[] = "uid";
// No group of a network: text formats call what was shown, an SF or an ad's title, by this name.
inline constexpr char kTargetGroup[] = "target";

// A log may not use these names for groups of its own. It may give "sfhist": then that is the
// history of SFs, in place of the one that the log's clicks make.
inline constexpr std::array<std::string_view, 4> kReservedGroups = {kHistoryGroup, kQueryGroup,
                                                                    kTargetGroup, kUserIdGroup};

enum class GroupSource : uint8_t { kHistory, kQuery, kSfHistory, kUserId, kFeatures };

constexpr GroupSource group_source(std::string_view name) noexcept {
  if (name == kHistoryGroup) return GroupSource::kHistory;
  if (name == kQueryGroup) return GroupSource::kQuery;
  if (name == kSfHistoryGroup) return GroupSource::kSfHistory;
  if (name == kUserIdGroup) return GroupSource::kUserId;
  return GroupSource::kFeatures;
}

constexpr bool is_reserved_group(std::string_view name) noexcept {
  for (const std::string_view reserved : kReservedGroups) {
    if (name == reserved) return true;
  }
  return false;
}

// Whether a trainer makes the group's tokens keywords. The others are features "group=token".
constexpr bool holds_keywords(GroupSource source) noexcept {
  return source == GroupSource::kHistory || source == GroupSource::kQuery ||
         source == GroupSource::kSfHistory;
}

// The feature that stands for a user in the group "uid".
inline Fingerprint user_id_fingerprint(std::string_view user) noexcept {
  return feature_fingerprint(kUserIdGroup, user);
}

// A feature of a hashed group has no row of its own but shares one of `buckets` > 0 rows. This is
// its number among them; the group's first row is added to it.
constexpr uint32_t bucket_of(Fingerprint feature, uint32_t buckets) noexcept {
  return static_cast<uint32_t>(feature % buckets);
}

}  // namespace barker
