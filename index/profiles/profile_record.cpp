#include "index/profiles/profile_record.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <unordered_set>

#include "models/base/utf8.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace barker {
namespace {

static_assert(std::endian::native == std::endian::little, "records are written as they lie");

constexpr uint8_t kMagic = 'P';
constexpr size_t kChecksumAt = 4, kCheckedFrom = 8, kHeaderBytes = 24;
constexpr int64_t kMostTime = UINT32_MAX;

uint32_t checksum_of(std::string_view checked) noexcept {
  return static_cast<uint32_t>(XXH3_64bits(checked.data(), checked.size()));
}

// Reads numbers and texts from the front of some bytes. After one read went beyond the end, all
// give nothing and ok() is false.
class Input {
 public:
  explicit Input(std::string_view bytes) : rest_(bytes) {}

  template <typename T>
  T number() noexcept {
    T value = 0;
    const std::string_view bytes = take(sizeof value);
    if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::string_view text() noexcept { return take(number<uint16_t>()); }
  std::string_view take(size_t size) noexcept {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  // Whether `count` items of at least `least` bytes can follow. It is asked before memory is taken
  // for them, because a forged record can state any count.
  bool has(uint64_t count, size_t least) noexcept {
    ok_ = ok_ && count <= rest_.size() / least;
    return ok_;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

constexpr size_t kLeastTimedText = sizeof(uint32_t) + sizeof(uint16_t);
constexpr size_t kLeastGroup = sizeof(uint16_t) + sizeof(uint32_t);

struct Header {
  uint32_t last_click;
  uint16_t keywords, sfs, groups, learned_version;
  uint32_t learned_bytes;
};

RecordState read_header(std::string_view bytes, Header& header) noexcept {
  if (bytes.size() < 2 || static_cast<uint8_t>(bytes[0]) != kMagic) return RecordState::kMalformed;
  const auto version = static_cast<uint8_t>(bytes[1]);
  if (version > kProfileRecordVersion) return RecordState::kNewer;
  if (version != kProfileRecordVersion || bytes.size() < kHeaderBytes) {
    return RecordState::kMalformed;
  }
  Input checksum(bytes.substr(kChecksumAt));
  if (bytes[2] != 0 || bytes[3] != 0 ||
      checksum.number<uint32_t>() != checksum_of(bytes.substr(kCheckedFrom))) {
    return RecordState::kMalformed;
  }
  Input in(bytes.substr(kCheckedFrom, kHeaderBytes - kCheckedFrom));
  header.last_click = in.number<uint32_t>();
  header.keywords = in.number<uint16_t>();
  header.sfs = in.number<uint16_t>();
  header.groups = in.number<uint16_t>();
  header.learned_version = in.number<uint16_t>();
  header.learned_bytes = in.number<uint32_t>();
  return RecordState::kGood;
}

RecordState read_header(std::string_view bytes, int64_t now, int64_t seconds_to_live,
                        Header& header) noexcept {
  const RecordState state = read_header(bytes, header);
  if (state != RecordState::kGood) return state;
  return is_expired(header.last_click, now, seconds_to_live) ? RecordState::kExpired : state;
}

bool read_texts(Input& in, size_t count, std::vector<std::string>& texts) {
  if (!in.has(count, kLeastTimedText)) return false;
  texts.resize(count);
  for (std::string& text : texts) {
    in.number<uint32_t>();
    text.assign(in.text());
  }
  return in.ok();
}

bool read_texts(Input& in, size_t count, std::vector<TimedText>& texts) {
  if (!in.has(count, kLeastTimedText)) return false;
  texts.resize(count);
  for (TimedText& text : texts) {
    text.time = in.number<uint32_t>();
    text.text.assign(in.text());
  }
  return in.ok();
}

bool read_group(Input& in, ProfileGroup& group) {
  group.first.assign(in.text());
  const auto count = in.number<uint32_t>();
  if (!in.has(count, sizeof(uint16_t))) return false;
  group.second.resize(count);
  for (std::string& token : group.second) token.assign(in.text());
  return in.ok();
}

bool read_groups(Input& in, std::span<ProfileGroup> groups) {
  for (ProfileGroup& group : groups) {
    if (!read_group(in, group)) return false;
  }
  return true;
}

// The history of SFs is one of the groups of a Profile, if there is any of it.
bool read_body(std::string_view bytes, const Header& header, Profile& into) {
  Input in(bytes.substr(kHeaderBytes));
  if (!read_texts(in, header.keywords, into.keywords)) return false;
  const size_t own = header.sfs > 0 ? 1 : 0;
  if (!in.has(header.groups, kLeastGroup)) return false;
  into.groups.resize(own + header.groups);
  if (own == 1) {
    into.groups[0].first.assign(kClickedSfs);
    if (!read_texts(in, header.sfs, into.groups[0].second)) return false;
  }
  if (!read_groups(in, std::span(into.groups).subspan(own))) return false;
  into.learned.version = header.learned_version;
  into.learned.bytes.assign(in.take(header.learned_bytes));
  return in.at_end();
}

bool read_body(std::string_view bytes, const Header& header, StoredProfile& into) {
  Input in(bytes.substr(kHeaderBytes));
  if (!read_texts(in, header.keywords, into.keywords)) return false;
  if (!read_texts(in, header.sfs, into.sfs)) return false;
  if (!in.has(header.groups, kLeastGroup)) return false;
  into.groups.resize(header.groups);
  if (!read_groups(in, into.groups)) return false;
  into.last_click = header.last_click;
  into.learned.version = header.learned_version;
  into.learned.bytes.assign(in.take(header.learned_bytes));
  return in.at_end();
}

template <typename T>
void put(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(std::string& bytes, const std::string& text) {
  put(bytes, static_cast<uint16_t>(text.size()));
  bytes.append(text);
}

void put_texts(std::string& bytes, const std::vector<TimedText>& texts) {
  for (const TimedText& text : texts) {
    put(bytes, static_cast<uint32_t>(text.time));
    put_text(bytes, text.text);
  }
}

bool is_time(int64_t time) { return time >= 0 && time <= kMostTime; }
bool fits(const std::string& text) { return text.size() <= kMostProfileTextBytes; }
bool fits(const TimedText& text) { return fits(text.text) && is_time(text.time); }
bool fits(const ProfileGroup& group) {
  return fits(group.first) && group.second.size() <= kMostRecordBytes &&
         std::ranges::all_of(group.second, [](const std::string& token) { return fits(token); });
}

bool fits(const StoredProfile& p) {
  const auto all_fit = [](const auto& list) {
    return list.size() <= UINT16_MAX &&
           std::ranges::all_of(list, [](const auto& item) { return fits(item); });
  };
  return all_fit(p.keywords) && all_fit(p.sfs) && all_fit(p.groups) && is_time(p.last_click) &&
         p.learned.bytes.size() <= kMostRecordBytes;
}

// The texts of one click, at its time, go before what is as old or older.
void add_texts(std::span<const std::string> texts, int64_t time, size_t limit,
               std::vector<TimedText>& history) {
  std::vector<TimedText> added;
  for (const std::string& text : texts) {
    if (text.empty() || !fits(text)) continue;
    const auto is_it = [&](const TimedText& other) { return other.text == text; };
    if (std::ranges::any_of(added, is_it)) continue;
    if (const auto known = std::ranges::find_if(history, is_it); known != history.end()) {
      if (known->time > time) continue;
      history.erase(known);
    }
    added.push_back({text, time});
  }
  const auto place =
      std::ranges::find_if(history, [&](const TimedText& other) { return other.time <= time; });
  history.insert(place, std::make_move_iterator(added.begin()),
                 std::make_move_iterator(added.end()));
  if (history.size() > limit) history.resize(limit);
}

// A history from elsewhere as one of ours: newest first, without duplicates, cut.
std::vector<TimedText> in_order(std::vector<TimedText> history, int64_t time, int64_t now,
                                size_t limit) {
  for (TimedText& text : history) {
    text.time = std::clamp<int64_t>(text.time > 0 ? text.time : time, 0, now);
  }
  std::ranges::stable_sort(history, std::ranges::greater(), &TimedText::time);
  std::unordered_set<std::string> seen;
  std::erase_if(history, [&](const TimedText& text) {
    return text.text.empty() || !fits(text.text) || !seen.insert(text.text).second;
  });
  if (history.size() > limit) history.resize(limit);
  return history;
}

std::vector<std::string> texts_of(const std::vector<TimedText>& history) {
  std::vector<std::string> texts;
  for (const TimedText& text : history) texts.push_back(text.text);
  return texts;
}

}  // namespace

bool is_user_id(std::string_view user) noexcept {
  return !user.empty() && user.size() <= kMostUserIdBytes && is_valid_utf8(user);
}

int64_t last_click_of(std::string_view record) noexcept {
  return record.size() < kHeaderBytes ? 0 : Input(record.substr(kCheckedFrom)).number<uint32_t>();
}

bool is_expired(int64_t last_click, int64_t now, int64_t seconds_to_live) noexcept {
  return now - last_click > seconds_to_live;
}

RecordState state_of(std::string_view bytes, int64_t now, int64_t seconds_to_live) noexcept {
  Header header{};
  return read_header(bytes, now, seconds_to_live, header);
}

RecordState read_record(std::string_view bytes, std::string_view user, int64_t now,
                        int64_t seconds_to_live, Profile& into) {
  into.user.assign(user);
  Header header{};
  RecordState state = read_header(bytes, now, seconds_to_live, header);
  if (state == RecordState::kGood && !read_body(bytes, header, into)) {
    state = RecordState::kMalformed;
  }
  if (state != RecordState::kGood) into.forget();
  return state;
}

RecordState read_record(std::string_view bytes, std::string_view user, StoredProfile& into) {
  Header header{};
  RecordState state = read_header(bytes, header);
  if (state == RecordState::kGood && !read_body(bytes, header, into)) {
    state = RecordState::kMalformed;
  }
  if (state != RecordState::kGood) into = {};
  into.user.assign(user);
  return state;
}

bool write_record(const StoredProfile& profile, std::string& bytes) {
  bytes.clear();
  if (!fits(profile)) return false;
  put(bytes, kMagic);
  put(bytes, kProfileRecordVersion);
  put(bytes, uint16_t{0});
  put(bytes, uint32_t{0});
  put(bytes, static_cast<uint32_t>(profile.last_click));
  put(bytes, static_cast<uint16_t>(profile.keywords.size()));
  put(bytes, static_cast<uint16_t>(profile.sfs.size()));
  put(bytes, static_cast<uint16_t>(profile.groups.size()));
  put(bytes, profile.learned.version);
  put(bytes, static_cast<uint32_t>(profile.learned.bytes.size()));
  put_texts(bytes, profile.keywords);
  put_texts(bytes, profile.sfs);
  for (const auto& [name, tokens] : profile.groups) {
    put_text(bytes, name);
    put(bytes, static_cast<uint32_t>(tokens.size()));
    for (const std::string& token : tokens) put_text(bytes, token);
  }
  bytes.append(profile.learned.bytes);
  if (bytes.size() > kMostRecordBytes) {
    bytes.clear();
    return false;
  }
  const uint32_t checksum = checksum_of(std::string_view(bytes).substr(kCheckedFrom));
  std::memcpy(bytes.data() + kChecksumAt, &checksum, sizeof checksum);
  return true;
}

void add_click(const ProfileClick& click, const HistoryLimits& limits, int64_t now,
               StoredProfile& profile) {
  if (click.kind == ClickKind::kNone) return;
  const int64_t latest = std::clamp<int64_t>(now, 0, kMostTime);
  const int64_t time = std::clamp<int64_t>(click.time > 0 ? click.time : now, 0, latest);
  add_texts(click.keywords, time, limits.keywords, profile.keywords);
  if (click.kind == ClickKind::kSf) add_texts(click.keywords, time, limits.sfs, profile.sfs);
  profile.last_click = std::max(profile.last_click, time);
}

void merge_profile(const StoredProfile& given, const HistoryLimits& limits, int64_t now,
                   StoredProfile& profile) {
  const int64_t latest = std::clamp<int64_t>(now, 0, kMostTime);
  const int64_t time =
      std::clamp<int64_t>(given.last_click > 0 ? given.last_click : now, 0, latest);
  const auto merge = [&](std::vector<TimedText> more, size_t limit,
                         std::vector<TimedText>& history) {
    if (more.empty()) return;
    more.insert(more.end(), history.begin(), history.end());
    history = in_order(std::move(more), time, latest, limit);
  };
  merge(given.keywords, limits.keywords, profile.keywords);
  merge(given.sfs, limits.sfs, profile.sfs);
  for (const ProfileGroup& group : given.groups) {
    const auto known = std::ranges::find(profile.groups, group.first, &ProfileGroup::first);
    if (known == profile.groups.end()) {
      profile.groups.push_back(group);
    } else {
      known->second = group.second;
    }
  }
  if (!given.learned.bytes.empty()) profile.learned = given.learned;
  profile.last_click = std::max(profile.last_click, time);
}

Profile profile_of(const StoredProfile& stored) {
  Profile profile;
  profile.user = stored.user;
  profile.keywords = texts_of(stored.keywords);
  if (!stored.sfs.empty()) profile.groups.emplace_back(kClickedSfs, texts_of(stored.sfs));
  profile.groups.insert(profile.groups.end(), stored.groups.begin(), stored.groups.end());
  profile.learned = stored.learned;
  return profile;
}

}  // namespace barker
