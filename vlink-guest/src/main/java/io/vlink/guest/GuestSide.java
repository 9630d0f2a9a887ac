// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.infra.lane.EpochSide;
import io.vlink.infra.lane.Lane;

/** What the guest does with the epochs of a link: it asks for them, and whatever was lent to it in one ends with it. */
final class GuestSide implements EpochSide {
    private final GuestLink link;

    /**
     * The guest's side.
     *
     * @param link not attached
     */
    GuestSide(GuestLink link) {
        this.link = link;
    }

    @Override
    public Lane join() {
        link.attach();
        return link.lane();
    }

    @Override
    public void leave(Lane lane) {
        link.close();
    }

    @Override
    public void reset(int queue, int epoch) {
        link.queue(queue).reset();
    }

    @Override
    public void begin(int queue) {
        link.queue(queue).start();
    }

    @Override
    public void end(int queue) {
        link.queue(queue).stop();
    }
}
