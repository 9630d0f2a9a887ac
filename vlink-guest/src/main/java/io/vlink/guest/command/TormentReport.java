// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.command;

import io.vlink.guest.torment.Attack;
import io.vlink.guest.torment.Tally.Count;
import io.vlink.guest.torment.Torment;
import io.vlink.guest.torment.TormentPlan;

/** What {@code vlink-guest torment} shows at its end. */
final class TormentReport {
    private final String link;
    private final TormentPlan plan;
    private final Torment torment;

    TormentReport(String link, TormentPlan plan, Torment torment) {
        this.link = link;
        this.plan = plan;
        this.torment = torment;
    }

    private long perSecond() {
        return Math.round(torment.tally().hostile() / Math.max(torment.seconds(), 1e-9));
    }

    /** {@return one line} */
    String json() {
        JsonText json = new JsonText().open('{').member("link", link).member("seed", plan.seed())
                .member("stopped", torment.stopped())
                .member("millis", Math.round(torment.seconds() * 1_000)).member("hostile", torment.tally().hostile())
                .member("hostile_per_second", perSecond())
                .member("descriptors_and_messages", torment.tally().descriptorsAndMessages());
        for (Count count : Count.values()) {
            json.member(count.label(), torment.tally().of(count));
        }
        json.name("attacks").open('{');
        for (Attack attack : plan.attacks()) {
            json.member(attack.label(), torment.rounds(attack));
        }
        return json.close('}').close('}').toString();
    }

    /** {@return some lines for people, without the last one's end} */
    String text() {
        StringBuilder text = new StringBuilder(512);
        text.append("torment of ").append(link).append(", seed ").append(plan.seed()).append(": ")
                .append(torment.tally().hostile()).append(" hostile acts in ")
                .append(Math.round(torment.seconds() * 10) / 10.0).append(" s (").append(perSecond())
                .append("/s), stopped=").append(torment.stopped()).append(", of which descriptors and messages ")
                .append(torment.tally().descriptorsAndMessages());
        for (Count count : Count.values()) {
            text.append("\n  ").append(count.label()).append(' ').append(torment.tally().of(count));
        }
        return text.toString();
    }
}
