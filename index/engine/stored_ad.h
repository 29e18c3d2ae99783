// An ad of the store as the plugin takes it. Only index/engine includes this.
#pragma once

#include "index/catalogue/ad_store_generated.h"
#include "plugin/host/session.h"

namespace barker {

// Adds an ad to a session, but for its first-pass score. No text is copied: all of them stay in the
// store. The reference holds until the next ad is added.
barker_ad& add_stored_ad(const fbs::StoredAd& stored, Session& to);

}  // namespace barker
