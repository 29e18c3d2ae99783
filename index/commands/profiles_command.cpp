// profiles: what is kept of users, looked at and changed from outside of the engine.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "index/commands/commands.h"
#include "index/profiles/profile_store.h"
#include "models/base/exit_code.h"
#include "models/base/output_file.h"
#include "models/base/output_paths.h"
#include "models/command/options.h"
#include "models/text/text.h"

namespace barker {
namespace {

constexpr char kStore[] = "lmdb:FILE|redis://HOST:PORT/DB|unix:SOCKET";
constexpr char kPasswordVariable[] = "BARKER_REDIS_PASSWORD";

struct ProfilesFlags {
  ProfileStoreOptions store;
  int64_t days_to_live = kDaysToLive;
  std::string file, out = "-";
  std::vector<std::string> users;
  bool json = false, strict = false;
};

// The command opens a store for a moment, with a time to live that the engine may not share, and so
// leaves it to the engine to remove users whose time to live has passed.
Result<std::unique_ptr<ProfileStore>> open(ProfilesFlags& o, bool create) {
  if (o.store.store.starts_with("memory:")) {
    return invalid_argument(o.store.store + ": is gone when this command ends; expected " + kStore);
  }
  o.store.create = create;
  o.store.limits.seconds_to_live = o.days_to_live * 24 * 3600;
  o.store.limits.sfs = o.store.limits.keywords;
  o.store.sweep_interval = std::chrono::hours(24 * 365);
  if (const char* password = std::getenv(kPasswordVariable)) o.store.redis_password = password;
  Result<std::unique_ptr<ProfileStore>> store = open_profile_store(o.store);
  if (!store.ok() && store.status().code() == Code::kBadConfiguration) {
    return invalid_argument(store.status().message());
  }
  return store;
}

Result<int> import_users(ProfilesFlags& o) {
  const Result<std::unique_ptr<ProfileStore>> store = open(o, true);
  if (!store.ok()) return store.status();
  const Result<ProfileImport> imported = import_profiles(**store, o.file);
  if (!imported.ok()) return imported.status();
  std::cerr << visible_lines(imported->bad.report(o.file));
  std::cout << imported->users << " users imported\n";
  const bool is_bad = imported->bad.count() > 0 && (o.strict || imported->users == 0);
  return is_bad ? kExitBadData : kExitOk;
}

// The files of an LMDB, for check_outputs(); no other store is a file.
std::vector<InputPath> store_files(const std::string& store) {
  constexpr std::string_view kLmdb = "lmdb:";
  if (!store.starts_with(kLmdb)) return {};
  const std::string file = store.substr(kLmdb.size());
  return {{"STORE", file}, {"STORE", file + "-lock"}};
}

Result<int> export_users(ProfilesFlags& o) {
  const OutputPath path{"--out", o.out, OutputPath::Kind::kFileOrStream};
  if (Status s = check_outputs(store_files(o.store.store), {path}); !s.ok()) return s;
  const Result<std::unique_ptr<ProfileStore>> store = open(o, false);
  if (!store.ok()) return store.status();
  OutputFile out(o.out);
  uint64_t users = 0;
  const Status exported = (*store)->for_each([&](const StoredProfile& user) {
    out.write(profile_line(user) + "\n");
    ++users;
    return out.status();
  });
  if (!exported.ok()) return exported;
  if (Status s = out.close(); !s.ok()) return s;
  std::cerr << users << " users exported\n";
  return kExitOk;
}

Result<int> show_users(ProfilesFlags& o) {
  const Result<std::unique_ptr<ProfileStore>> store = open(o, false);
  if (!store.ok()) return store.status();
  for (const std::string& id : o.users) {
    const Result<std::optional<StoredProfile>> user = (*store)->find(id);
    if (!user.ok()) return user.status();
    if (!user->has_value()) return not_found("nothing is kept of \"" + id + "\"");
    std::cout << profile_line(**user) << "\n";
  }
  return kExitOk;
}

Result<int> erase_users(ProfilesFlags& o) {
  const Result<std::unique_ptr<ProfileStore>> store = open(o, false);
  if (!store.ok()) return store.status();
  for (const std::string& id : o.users) {
    const Result<bool> erased = (*store)->erase(id);
    if (!erased.ok()) return erased.status();
    std::cout << (*erased ? "erased " : "nothing was kept of ") << visible(id) << "\n";
  }
  return kExitOk;
}

Result<int> print_status(ProfilesFlags& o) {
  const Result<std::unique_ptr<ProfileStore>> store = open(o, false);
  if (!store.ok()) return store.status();
  const Result<ProfileStoreStatus> status = (*store)->status();
  if (!status.ok()) return status.status();
  uint64_t keywords = 0, sfs = 0;
  const Status counted = (*store)->for_each([&](const StoredProfile& user) {
    keywords += user.keywords.size();
    sfs += user.sfs.size();
    return Status();
  });
  if (!counted.ok()) return counted;
  const uint64_t malformed = (*store)->counters().malformed;
  if (o.json) {
    const nlohmann::ordered_json json = {{"users", status->users},
                                         {"bytes", status->bytes},
                                         {"keywords", keywords},
                                         {"sfs", sfs},
                                         {"malformed", malformed}};
    std::cout << json.dump(2) << "\n";
  } else {
    std::cout << status->users << " users, " << status->bytes << " bytes, " << keywords
              << " keywords, " << sfs << " SFs, " << malformed << " malformed records\n";
  }
  return kExitOk;
}

// A subcommand of `profiles`; each names the store first.
CLI::App* add(CLI::App& profiles, ProfilesFlags& o, const char* name, const char* description) {
  CLI::App* command = add_subcommand(profiles, name, description);
  command
      ->add_option("store,--store", o.store.store,
                   "The store. The password of a Redis is read from BARKER_REDIS_PASSWORD")
      ->required()
      ->type_name(kStore);
  command->add_option("--prefix", o.store.redis_prefix, "What the keys in Redis begin with")
      ->type_name("TEXT")
      ->group(kServing);
  return command;
}

void add_users(CLI::App& command, ProfilesFlags& o) {
  command.add_option("users", o.users, "Ids of the users")->required()->type_name("USER");
}

}  // namespace

Command add_profiles_command(CLI::App& app) {
  const auto o = std::make_shared<ProfilesFlags>();
  CLI::App* profiles =
      add_subcommand(app, "profiles", "Import, export, show and erase what a store keeps of users");
  profiles->require_subcommand(1);
  CLI::App* import =
      add(*profiles, *o, "import",
          "Add the histories and groups of a file of users to the store, which is made if needed");
  import->add_option("file", o->file, "Users as JSON Lines (index/profiles/profiles.h); - is stdin")
      ->required()
      ->type_name(kFile);
  import
      ->add_option("--keep", o->store.limits.keywords,
                   "Keywords of a history, newest first, as profiles.most_keywords of the engine")
      ->check(CLI::Range(size_t{1}, kMostHistory))
      ->group(kSize);
  import
      ->add_option("--days-to-live", o->days_to_live,
                   "Days after the last click, as profiles.ttl of the engine")
      ->check(CLI::Range(1, 36500))
      ->group(kSize);
  import->add_flag("--strict", o->strict, "Exit with 65 if a line could not be used")
      ->group(kInput);
  CLI::App* exported =
      add(*profiles, *o, "export", "Write all users, one a line, as `import` reads them");
  exported->add_option("--out", o->out, "File to write; - is standard output")
      ->type_name(kFile)
      ->group(kOutput);
  CLI::App* show = add(*profiles, *o, "show", "Print all that is kept of some users");
  add_users(*show, *o);
  CLI::App* erase = add(*profiles, *o, "erase", "Remove all that is kept of some users");
  add_users(*erase, *o);
  CLI::App* status = add(*profiles, *o, "status", "Read every record and count");
  status->add_flag("--json", o->json, "Print JSON")->group(kOutput);
  return [=]() -> Result<int> {
    if (import->parsed()) return import_users(*o);
    if (exported->parsed()) return export_users(*o);
    if (show->parsed()) return show_users(*o);
    if (erase->parsed()) return erase_users(*o);
    return print_status(*o);
  };
}

}  // namespace barker
