/* SPDX-License-Identifier: MIT */
/* All of libbaton. Each concept has a header of its own: include what you use. See libbaton(3). */
#ifndef BATON_BATON_H
#define BATON_BATON_H

#include <baton/acceptor.h>
#include <baton/address.h>
#include <baton/context.h>
#include <baton/error.h>
#include <baton/group.h>
#include <baton/handoff.h>
#include <baton/inherit.h>
#include <baton/leak.h>
#include <baton/listener.h>
#include <baton/notify.h>
#include <baton/place.h>
#include <baton/pool.h>
#include <baton/spawn.h>
#include <baton/steer.h>
#include <baton/tracker.h>
#include <baton/upgrade.h>
#include <baton/walk.h>

#define BATON_VERSION_MAJOR 0
#define BATON_VERSION_MINOR 1
#define BATON_VERSION_PATCH 0

#endif
