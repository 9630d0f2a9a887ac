// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.qemu;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A test that boots a real guest; skipped, with the reason printed, where there is no QEMU, unless CI demands it. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RequiresQemu.Condition.class)
public @interface RequiresQemu {

    /** Looks for what {@code bin/setup --print-env} sets. */
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            if (Boolean.getBoolean("vlink.requireQemu")) {
                return ConditionEvaluationResult.enabled("-Dvlink.requireQemu=true");
            }
            for (String variable : new String[]{"VLINK_QEMU", "VLINK_GUEST_KERNEL", "VLINK_GUEST_INITRD"}) {
                if (System.getenv().getOrDefault(variable, "").isEmpty()) {
                    String reason = variable
                            + " is not set: run eval \"$(bin/setup --print-env)\" first, or bin/verify";
                    System.out.println("SKIPPED " + context.getDisplayName() + ": " + reason);
                    return ConditionEvaluationResult.disabled(reason);
                }
            }
            return ConditionEvaluationResult.enabled("QEMU and guest image are set");
        }
    }
}
