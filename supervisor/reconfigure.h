/* SPDX-License-Identifier: MIT */
/*
 * The configuration, read anew at each upgrade. What is good makes the setup
 * of the next generation; what is not leaves everything as it is.
 */
#ifndef SUPERVISOR_RECONFIGURE_H
#define SUPERVISOR_RECONFIGURE_H

struct machine_config;
struct service;
struct settings;
struct setup;

/* What the machine has to know of the settings. */
struct machine_config reconfigure_machine_config(const struct settings *settings);

/* The setup is that of the next generation; what is the service's own counts from now on. */
void reconfigure_use(struct service *service, struct setup *setup);

/* Reads the file, opens what is new in it, says what has changed, and feeds CONFIGURED or
 * CONFIG_REFUSED. */
void reconfigure(struct service *service);

/* The upgrade was rolled back: the setup is that of the generation that goes on. */
void reconfigure_back(struct service *service);

/* Closes the listeners that no generation can be started with again, those of the manager's store,
 * too. What was told to stop has descriptors of its own: clients are refused once it has closed
 * those as well. */
void reconfigure_close_unused(struct service *service);

/* Closes all listeners; what the manager's store has stays there. */
void reconfigure_close_all(struct service *service);

#endif
