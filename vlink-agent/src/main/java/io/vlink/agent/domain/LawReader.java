// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the law of every link of some domains; the inventory's lock is held while it works. */
final class LawReader {
    private LawReader() {
    }

    /**
     * Reads every link twice, all of them once before any of them again, so that there is time in between.
     *
     * @param domains whose memory is there
     * @return the law of each link
     */
    static Map<Link, LinkLaw> read(List<Domain> domains) {
        Map<Link, LinkReading> first = new HashMap<>();
        domains.forEach(domain -> domain.links().forEach(link -> first.put(link, LinkReading.of(link))));
        Map<Link, LinkLaw> laws = new HashMap<>();
        first.forEach((link, reading) -> laws.put(link, LinkLaw.of(link.request(), reading, LinkReading.of(link))));
        return laws;
    }
}
