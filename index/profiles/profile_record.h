// What a store keeps of a user, and its form as bytes.
//
// A record is little-endian and has no padding:
//
//   u8  'P'                      u8  format version, 1        u16 zero
//   u32 the low half of XXH3 of everything behind it
//   u32 last_click               u16 keywords    u16 sfs      u16 groups
//   u16 version and u32 size of the learned state
//   keywords, then sfs           each u32 time, u16 size, text
//   groups                       each u16 size, name, u32 tokens, each u16 size, text
//   the learned state's bytes
//
// Times are whole seconds since 1970 and stand in 32 bits, which last until 2106. The user's id is
// the key of the record and no part of it. Bytes are checked when they are read, so that a damaged
// record is an unknown user and never a wrong one. Pure functions: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "index/profiles/profiles.h"

namespace barker {

inline constexpr uint8_t kProfileRecordVersion = 1;

// Limits that hold in every store, so that users can move from one to another. A key of LMDB has
// 511 bytes at most.
inline constexpr size_t kMostUserIdBytes = 500;
inline constexpr size_t kMostProfileTextBytes = 1024;  // of a keyword, a group's name, a token
inline constexpr size_t kMostRecordBytes = 1u << 20;

inline constexpr size_t kMostHistory = 400;  // twice this and the longest texts fit into a record

// What is kept where nothing else is configured, by the engine and by `barker profiles`.
inline constexpr size_t kHistoryKeywords = 100;
inline constexpr int64_t kDaysToLive = 90;

struct HistoryLimits {
  size_t keywords = kHistoryKeywords;                 // of all clicks
  size_t sfs = kHistoryKeywords;                      // of clicks on SFs: the group "sfhist"
  int64_t seconds_to_live = kDaysToLive * 24 * 3600;  // after the last click
};

// The feature keywords (SFs) that a page showed, and for what it was made.
struct ShownPage {
  std::string query;
  Profile user;  // as the search knew the user; the learned state is not looked at
  std::vector<std::string> sfs;
};

// What a user's own state learns from a page.
struct Lesson {
  std::shared_ptr<const ShownPage> page;  // null: there is nothing to learn
  std::optional<size_t> clicked = {};     // which of the SFs; none: they were passed over
  bool is_further = false;                // a click before it taught that the others were not
};

enum class ClickKind : uint8_t {
  kSf,
  kAd,
  kNone,  // a page was passed over: its lesson counts, where the user has a record; nothing else
};

// A click as a store remembers it: on an SF, or on an ad.
struct ProfileClick {
  std::string user;
  ClickKind kind = ClickKind::kAd;
  std::vector<std::string> keywords;  // as normalised by models/text/keywords.h
  int64_t time = 0;                   // seconds since 1970; 0: the moment of record()
  Lesson lesson = {};
};

// An id that a store takes: valid UTF-8 of 1 to kMostUserIdBytes bytes.
bool is_user_id(std::string_view user) noexcept;

enum class RecordState : uint8_t {
  kGood,
  kExpired,    // longer than the time to live since the last click
  kMalformed,  // damaged, or written by something else
  kNewer,      // of a later format version: it may be neither read nor replaced
};

// Puts a record into `into` and reuses the memory of its texts. `into` is empty, apart from its
// user, if the state is not kGood. Allocates where texts outgrow the memory that is there.
RecordState read_record(std::string_view bytes, std::string_view user, int64_t now,
                        int64_t seconds_to_live, Profile& into);

// The same with all that the record holds. kExpired is not looked at.
RecordState read_record(std::string_view bytes, std::string_view user, StoredProfile& into);

// The state of a record by its header and checksum alone: texts and counts are not looked at.
RecordState state_of(std::string_view bytes, int64_t now, int64_t seconds_to_live) noexcept;

// Replaces `bytes` by the record of `profile`. False, and `bytes` is empty, if a text, a count or
// the whole is longer than the format or the limits above allow.
bool write_record(const StoredProfile& profile, std::string& bytes);

// The time of the last click in a record, which write_record() wrote.
int64_t last_click_of(std::string_view record) noexcept;

bool is_expired(int64_t last_click, int64_t now, int64_t seconds_to_live) noexcept;

// Adds the keywords of a click to the histories, in the order of their times, newest first. A
// keyword that is there already moves to the newer of its two times, and the oldest ones give way.
// Of two clicks in one second, the one that is added later counts as the newer one. Empty and too
// long keywords are left out, and a time behind `now` is taken for `now`. kNone adds nothing.
void add_click(const ProfileClick& click, const HistoryLimits& limits, int64_t now,
               StoredProfile& profile);

// Adds the keywords and sfs of `given` to the histories, in the order of their times; of one text
// the newer time counts. Its groups and its learned state, where there is one, take the place of
// those that are there. Texts without a time get the time of its last click, or else `now`.
// Histories that something is added to are cut as add_click() would have left them.
void merge_profile(const StoredProfile& given, const HistoryLimits& limits, int64_t now,
                   StoredProfile& profile);

// What the engine searches with.
Profile profile_of(const StoredProfile& stored);

}  // namespace barker
