#include "index/profiles/record_store.h"

#include <algorithm>
#include <exception>
#include <unordered_map>
#include <utility>
#include <vector>

#include "models/base/utf8.h"
#include "models/text/text.h"

namespace barker {
namespace {

// The items of each user, in their order.
template <typename T>
std::vector<std::pair<std::string_view, std::vector<const T*>>> by_user(std::span<const T> items) {
  std::vector<std::pair<std::string_view, std::vector<const T*>>> users;
  std::unordered_map<std::string_view, size_t> place;
  for (const T& item : items) {
    const auto [known, is_new] = place.emplace(item.user, users.size());
    if (is_new) users.push_back({item.user, {}});
    users[known->second].second.push_back(&item);
  }
  return users;
}

// A change for each of the users of by_user(), which outlive them: `change` gets what is given of
// the user and the profile, and returns whether it has changed the profile.
template <typename Users, typename Change>
std::vector<RecordChange> changes_of(const Users& users, const Change& change) {
  std::vector<RecordChange> changes;
  changes.reserve(users.size());
  for (const auto& [user, of_user] : users) {
    changes.push_back({user, [change, &of_user = of_user](StoredProfile& profile) {
                         return change(of_user, profile);
                       }});
  }
  return changes;
}

Status check_ids(std::span<const StoredProfile> users) {
  for (const StoredProfile& profile : users) {
    if (!is_user_id(profile.user)) {
      return invalid_argument("profiles: user: expected 1 to " + std::to_string(kMostUserIdBytes) +
                              " bytes of UTF-8, found \"" + visible(profile.user) + "\"");
    }
  }
  return {};
}

}  // namespace

void RecordStore::start() {
  const ClickQueueOptions queue{options_.queue_clicks, options_.batch_clicks,
                                options_.batch_interval, options_.sweep_interval};
  queue_ = std::make_unique<ClickQueue>(
      queue, [this](std::span<const ProfileClick> clicks) { return write(clicks); },
      [this] { sweep(); });
}

// Texts of clicks come from outside, so that invalid UTF-8 in them is replaced as everywhere.
bool RecordStore::record(ProfileClick click) noexcept {
  if (!is_user_id(click.user)) {
    add(refused_);
    return false;
  }
  try {
    for (std::string& keyword : click.keywords) {
      if (!is_valid_utf8(keyword)) keyword = sanitize_utf8(keyword);
    }
  } catch (const std::exception&) {
    add(refused_);
    return false;
  }
  if (click.time <= 0) click.time = now();
  return queue_->push(std::move(click));
}

Status RecordStore::write(std::span<const ProfileClick> clicks) {
  const int64_t moment = now();
  const auto users = by_user(clicks);
  std::vector<RecordChange> changes =
      changes_of(users, [this, moment](const auto& of_user, StoredProfile& profile) {
        bool has_changed = false;
        for (const ProfileClick* click : of_user) has_changed |= apply(*click, moment, profile);
        return has_changed;
      });
  if (Status s = transform(changes, ""); !s.ok()) return s;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].refused) add(refused_, users[i].second.size());
  }
  return {};
}

// True if the profile has changed. A page that was passed over makes no record, so that whoever
// searches and never clicks leaves nothing behind.
bool RecordStore::apply(const ProfileClick& click, int64_t moment, StoredProfile& profile) const {
  const bool is_click = click.kind != ClickKind::kNone;
  add_click(click, options_.limits, moment, profile);
  if (!click.lesson.page || !options_.learn || profile.last_click == 0) return is_click;
  const bool has_learned = options_.learn(click.lesson, profile.learned);
  if (!has_learned) add(untaught_);
  return is_click || has_learned;
}

Status RecordStore::import(std::span<const StoredProfile> given) {
  if (Status s = check_ids(given); !s.ok()) return s;
  const int64_t moment = now();
  const auto users = by_user(given);
  std::vector<RecordChange> changes =
      changes_of(users, [this, moment](const auto& of_user, StoredProfile& profile) {
        for (const StoredProfile* more : of_user) {
          merge_profile(*more, options_.limits, moment, profile);
        }
        return true;
      });
  if (Status s = transform(changes, ""); !s.ok()) return s;
  for (const RecordChange& change : changes) {
    if (change.refused) {
      return bad_data("profiles: user \"" + visible(change.user) +
                      "\": the record would be too large, or is of a later version");
    }
  }
  return {};
}

// A record of a later version is refused, which is right here: the store knows its user.
Status RecordStore::add(std::span<const StoredProfile> given, std::string_view file) {
  if (Status s = check_ids(given); !s.ok()) return s;
  const int64_t moment = now();
  const auto users = by_user(given);
  std::vector<RecordChange> changes =
      changes_of(users, [this, moment](const auto& of_user, StoredProfile& profile) {
        if (profile.last_click != 0) return false;
        merge_profile(*of_user.front(), options_.limits, moment, profile);
        return true;
      });
  return transform(changes, file);
}

bool RecordStore::make_record(std::optional<std::string_view> stored, RecordChange& change,
                              std::string& record) const {
  StoredProfile profile;
  profile.user = change.user;
  change.refused = false;
  if (stored) {
    const RecordState state = read_record(*stored, change.user, profile);
    if (state == RecordState::kMalformed) add(malformed_);
    change.refused = state == RecordState::kNewer;
    if (is_expired(profile.last_click, now(), options_.limits.seconds_to_live)) {
      profile = {};
      profile.user = change.user;
    }
  }
  if (change.refused || !change.apply(profile)) return false;
  change.refused = !write_record(profile, record);
  return !change.refused;
}

bool RecordStore::has_expired(std::string_view record) const {
  return state_of(record, now(), options_.limits.seconds_to_live) == RecordState::kExpired;
}

ReadOutcome RecordStore::read(std::string_view record, std::string_view user, Profile& into) const {
  const RecordState state = read_record(record, user, now(), options_.limits.seconds_to_live, into);
  if (state == RecordState::kGood) return ReadOutcome::kFound;
  if (state != RecordState::kExpired) add(malformed_);
  return ReadOutcome::kUnknown;
}

// The id may be one that no store takes: then nobody has it, and there is nothing to remove.
Result<bool> RecordStore::erase(std::string_view user) {
  if (!is_user_id(user)) return false;
  return queue_->erase(user, [&] { return remove(user); });
}

Result<std::optional<StoredProfile>> RecordStore::find(std::string_view user) {
  std::optional<StoredProfile> found;
  if (!is_user_id(user)) return found;
  const Result<std::optional<std::string>> record = load(user);
  if (!record.ok()) return record.status();
  if (!record->has_value()) return found;
  StoredProfile profile;
  if (read_record(**record, user, profile) != RecordState::kGood) {
    add(malformed_);
    return found;
  }
  found = std::move(profile);
  return found;
}

Status RecordStore::for_each(const std::function<Status(const StoredProfile&)>& take) {
  StoredProfile profile;
  return visit([&](std::string_view user, std::string_view record) {
    if (read_record(record, user, profile) == RecordState::kGood) return take(profile);
    add(malformed_);
    return Status();
  });
}

Result<ProfileStoreStatus> RecordStore::status() {
  ProfileStoreStatus status;
  if (Status s = measure(status); !s.ok()) return s;
  status.counters = counters();
  status.last_error = queue_->last_error();
  return status;
}

ProfileCounters RecordStore::counters() const noexcept {
  const ClickQueue::Counters queue = queue_->counters();
  ProfileCounters all;
  all.recorded = queue.recorded;
  all.written = queue.written;
  all.waiting = queue.waiting;
  all.dropped = queue.dropped;
  all.refused = refused_.load(std::memory_order_relaxed);
  all.malformed = malformed_.load(std::memory_order_relaxed);
  all.unavailable = unavailable_.load(std::memory_order_relaxed);
  all.write_errors = queue.errors;
  all.expired = expired_.load(std::memory_order_relaxed);
  all.untaught = untaught_.load(std::memory_order_relaxed);
  return all;
}

}  // namespace barker
