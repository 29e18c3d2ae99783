// A store in the memory of this process, for an engine without a database. It begins with the users
// of a file, if one is named, and keeps nothing across restarts: what it learned is lost with the
// process, and flush() promises no more than that reads see what was recorded before.
#pragma once

#include <memory>
#include <string>

#include "index/profiles/profile_store.h"

namespace barker {

// `users` is a file as in profiles.h, or empty. A line that cannot be used is an error, which names
// it. For a file that may have such lines, open an empty store and call import_profiles().
Result<std::unique_ptr<ProfileStore>> open_memory_store(const std::string& users,
                                                        const ProfileStoreOptions& options);

}  // namespace barker
