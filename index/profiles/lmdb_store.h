// The store of one machine: an LMDB file, PATH, with PATH-lock beside it. A read is a lookup in the
// mapped file, without a lock or a system call. Batches are transactions that are synced to the
// disk.
//
// Several processes may have the file open at once, such as an engine and `barker profiles`; one
// process may open it once. The address space of `lmdb_map_bytes` is reserved, while the file is as
// large as what it holds; where it would outgrow them, writes fail and say so. Both files belong to
// their owner alone, because they hold personal data.
#pragma once

#include <memory>
#include <string>

#include "index/profiles/profile_store.h"

namespace barker {

// Opens the file, or makes it if options.create. A file that is no LMDB file, is one of another
// program, or is shorter than its own pages say is refused, and the error names it.
Result<std::unique_ptr<ProfileStore>> open_lmdb_store(const std::string& path,
                                                      const ProfileStoreOptions& options);

}  // namespace barker
