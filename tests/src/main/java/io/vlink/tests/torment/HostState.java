// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.torment;

import io.vlink.spec.record.HostCounter;
import io.vlink.tests.lab.AgentProcess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the agent says after a torment: reasons were counted, and every buffer is accounted for. One thread. */
final class HostState {
    private final Map<String, Object> report;

    /**
     * Asks.
     *
     * @param agent alive
     */
    HostState(AgentProcess agent) {
        report = agent.status();
    }

    /**
     * Looks at all links.
     *
     * @param result   receives the reasons that were counted on the tormented link, as {@code drops}
     * @param failures receives what is wrong
     */
    void check(Map<String, Object> result, List<String> failures) {
        for (Map<?, ?> domain : list(report.get("domains"))) {
            for (Map<?, ?> link : list(domain.get("links"))) {
                Map<String, Long> drops = drops(link);
                boolean isBad = "bad".equals(link.get("name"));
                if (isBad) {
                    result.put("drops", drops);
                }
                drops.forEach((reason, count) -> TormentLab.expect(count > 0 == isBad,
                        "link " + link.get("name") + " counted " + reason + "=" + count, failures));
                checkBuffers(link, isBad, failures);
            }
        }
    }

    private static void checkBuffers(Map<?, ?> link, boolean isBad, List<String> failures) {
        Map<?, ?> ledger = (Map<?, ?>) link.get("ledger");
        TormentLab.expect(Boolean.TRUE.equals(ledger.get("complete")),
                "link " + link.get("name") + " has lost buffers: " + ledger, failures);
        for (String direction : isBad ? List.<String>of() : List.of("hostToGuest", "guestToHost")) {
            Map<?, ?> law = (Map<?, ?>) link.get(direction);
            TormentLab.expect(!Boolean.FALSE.equals(law.get("holds")),
                    "the law is broken on link " + link.get("name") + ": " + law, failures);
        }
    }

    private static Map<String, Long> drops(Map<?, ?> link) {
        Map<String, Long> drops = new LinkedHashMap<>();
        for (String reason : HostCounter.dropReasons().stream().map(HostCounter::label).toList()) {
            drops.put(reason, 0L);
            for (Map<?, ?> channel : list(link.get("dataChannels"))) {
                drops.merge(reason, ((Number) ((Map<?, ?>) channel.get("host")).get(reason)).longValue(), Long::sum);
            }
        }
        return drops;
    }

    private static List<Map<?, ?>> list(Object items) {
        return ((List<?>) items).stream().<Map<?, ?>>map(item -> (Map<?, ?>) item).toList();
    }
}
